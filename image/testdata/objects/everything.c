typedef unsigned int u32; typedef unsigned long u64;
static void *(*bpf_printf)(const char *fmt, ...) = (void *)1;
static const char *const names[] = {"one", "two", "three"};
static int counter = 5; int zero[10];
static const u32 tab[4] = {1,2,3,4};
struct s { int (*f)(int); const u32 *p; };
__attribute__((noinline)) static int sq(int x) { return x*x; }
__attribute__((noinline)) int cube(int x) { return sq(x)*x; }
static struct s ss = { cube, &tab[2] };
int other(int x);
__attribute__((section("prog"))) u64 entry(void *ctx, u64 len) {
  bpf_printf("hello %s %d\n", names[len % 3], counter);
  counter++;
  zero[len&7] = 4;
  int (*f)(int) = len & 1 ? sq : cube;
  return f(3) + ss.f(2) + *ss.p + tab[len&3] + ss.p[1];
}
int second(int x) { return sq(x) + cube(x); }
