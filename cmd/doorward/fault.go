package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// fault is one thing that is wrong with the configuration.
type fault struct {
	File string // as the operator named it; "" when an environment variable is at fault
	Line int    // 0: the file as a whole
	Path string // the setting, like "login.email_code", or the variable
	Why  string
}

func (f fault) String() string {
	where := f.File
	if f.Line > 0 {
		where = fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	return strings.Join(slices.DeleteFunc([]string{where, f.Path, f.Why}, func(s string) bool { return s == "" }), ": ")
}

// faults are all that is wrong, in the order of the file. As an error it is one line each.
type faults []fault

func (l faults) Error() string {
	sorted := slices.Clone(l)
	slices.SortStableFunc(sorted, func(a, b fault) int { return cmp.Compare(a.Line, b.Line) })
	lines := make([]string, len(sorted))
	for i, f := range sorted {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// has says whether path, or something in it, is at fault already: one setting gets one sentence.
func (l faults) has(path string) bool {
	return slices.ContainsFunc(l, func(f fault) bool {
		return f.Path == path || strings.HasPrefix(f.Path, path+".") || strings.HasPrefix(f.Path, path+"[")
	})
}

// place is where a setting got its value.
type place struct {
	File    string
	Line    int
	Env     string // the variable, where one decided
	Console bool   // it was set there
}

// places remembers where each setting stands, by path.
type places map[string]place

// fault blames the setting at path on the place that gave it its value; a setting that stands nowhere is blamed on
// what holds it.
func (p places) fault(path, why string, args ...any) fault {
	f := fault{Path: path, Why: fmt.Sprintf(why, args...), File: p[""].File}
	for at := path; at != ""; at = outer(at) {
		where, ok := p[at]
		if !ok {
			continue
		}
		if where.Env != "" {
			return fault{Path: where.Env, Why: f.Why}
		}
		if where.Console {
			return fault{File: "set in the console", Path: path, Why: f.Why}
		}
		f.Line = where.Line
		break
	}
	return f
}

// outer is the path of what holds the setting at path: "a.b[1].c" is held by "a.b[1]", that by "a.b".
func outer(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}
