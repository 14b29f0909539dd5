module ubench

go 1.25.0

require (
	github.com/cilium/ebpf v0.22.0
	github.com/urfave/cli/v2 v2.27.7
	go.bug.st/serial v1.8.0
	gonum.org/v1/plot v0.17.0
)
