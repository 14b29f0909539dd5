// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"regexp"
	"strings"
)

// token is a word or a sign of C text, outside of comments, strings and directives.
type token struct {
	text string
	at   int
}

var lexeme = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?m:^[ \t]*#(?:\\\n|[^\n])*)|\w+|->|[^\s\w]`)

// tokens are the lexemes of a text that are no comments, and with them, if asked for, those in directives.
func tokens(text string, directives bool) []token {
	var list []token
	for _, at := range lexeme.FindAllStringIndex(text, -1) {
		s := text[at[0]:at[1]]
		switch {
		case strings.HasPrefix(s, "/*"), strings.HasPrefix(s, "//"), s[0] == '"', s[0] == '\'':
		case strings.HasPrefix(strings.TrimLeft(s, " \t"), "#"):
			if !directives {
				continue
			}
			hash := strings.IndexByte(s, '#')
			for _, t := range tokens(s[hash+1:], false) {
				list = append(list, token{t.text, at[0] + hash + 1 + t.at})
			}
		default:
			list = append(list, token{s, at[0]})
		}
	}
	return list
}

var word = regexp.MustCompile(`^[A-Za-z_]\w*$`)

// privateNames are the names that a file declares outside of functions and keeps to itself: static functions and
// variables, enumerators, types, tags.
func privateNames(text string) map[string]bool {
	names := map[string]bool{}
	depth := 0
	var declaration []string // tokens since the last one ended
	enum := false            // inside the braces of an enum outside of functions
	expect := false          // an enumerator's name comes next
	for _, t := range tokens(text, false) {
		switch t.text {
		case "{":
			if depth == 0 {
				enum = contains(declaration, "enum") && !contains(declaration, "(")
				expect = enum
				declared(declaration, names)
			}
			depth++
			continue
		case "}":
			depth--
			if depth == 0 && contains(declaration, "(") && !contains(declaration, "=") {
				declaration = nil // of a function
			}
			continue
		}
		switch {
		case depth == 0 && t.text == ";":
			declared(declaration, names)
			declaration = nil
		case depth == 0:
			declaration = append(declaration, t.text)
		case depth == 1 && enum && t.text == ",":
			expect = true
		case depth == 1 && enum && expect && word.MatchString(t.text):
			names[t.text] = true
			expect = false
		}
	}
	return names
}

func contains(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}

// declared adds what a declaration outside of functions names.
func declared(d []string, names map[string]bool) {
	for i, t := range d {
		if (t == "struct" || t == "union" || t == "enum") && i+1 < len(d) && word.MatchString(d[i+1]) && i+2 == len(d) {
			names[d[i+1]] = true // struct NAME {
		}
	}
	d = withoutAttributes(d)
	for len(d) > 0 && word.MatchString(d[0]) && d[0] != "static" && d[0] != "typedef" {
		d = d[1:] // a macro with an attribute in it
	}
	if len(d) == 0 || !word.MatchString(d[0]) {
		return
	}
	name := ""
	for i, t := range d[1:] {
		switch {
		case t == "=" || t == "[" || t == "(" && name != "" && (i+2 >= len(d) || d[i+2] != "*"):
			if name != "" {
				names[name] = true
			}
			return
		case word.MatchString(t):
			name = t
		}
	}
	if name != "" {
		names[name] = true
	}
}

// withoutAttributes leaves __attribute__ and its parentheses out of a declaration.
func withoutAttributes(d []string) (rest []string) {
	for i := 0; i < len(d); i++ {
		if d[i] != "__attribute__" {
			rest = append(rest, d[i])
			continue
		}
		for depth := 0; i+1 < len(d); {
			i++
			if d[i] == "(" {
				depth++
			} else if d[i] == ")" {
				if depth--; depth == 0 {
					break
				}
			}
		}
	}
	return rest
}

// renamed is a text with other names, but for members of structs, which are names of their own.
func renamed(text string, rename map[string]string) string {
	var out strings.Builder
	from := 0
	list := append(tokens(text, true), token{text: ";"})
	var bodies []bool // for each open brace, whether it is a struct's
	inStruct := false
	for i, t := range list[:len(list)-1] {
		before, after := "", list[i+1].text
		if i > 0 {
			before = list[i-1].text
		}
		switch t.text {
		case "{":
			inStruct = isKeyword(before) || i > 1 && isKeyword(list[i-2].text)
			bodies = append(bodies, inStruct)
			continue
		case "}":
			if len(bodies) > 0 {
				bodies = bodies[:len(bodies)-1]
			}
			inStruct = len(bodies) > 0 && bodies[len(bodies)-1]
			continue
		}
		to, ok := rename[t.text]
		if !ok || before == "." || before == "->" {
			continue
		}
		if inStruct && !isKeyword(before) && strings.Contains(";,[:)", after) {
			continue // a member
		}
		out.WriteString(text[from:t.at])
		out.WriteString(to)
		from = t.at + len(t.text)
	}
	out.WriteString(text[from:])
	return out.String()
}

func isKeyword(s string) bool { return s == "struct" || s == "union" }
