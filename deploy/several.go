// SPDX-License-Identifier: GPL-2.0-or-later

package deploy

import (
	"fmt"
	"strings"

	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/image"
)

// Several are the programs of an object that has more than one, as `like` says of all of them: each is named as its function (longer names are cut off, as Linux does), its section
// says what makes it run, and maps that more than one of them uses are shared. They are in the order of the object, in which they are
// attached. There are none if nothing makes any of them run: which one is meant has to be said then.
func Several(like Spec, object string, data []byte) ([]Spec, error) {
	entries, err := image.Entries(object, data)
	if err != nil || len(entries) < 2 {
		return nil, err
	}
	uses := make([]image.Uses, len(entries))
	for i, entry := range entries {
		if uses[i], err = image.UsesOf(object, data, entry); err != nil {
			return nil, err
		}
	}
	return several(like, entries, uses)
}

func several(like Spec, entries []string, uses []image.Uses) ([]Spec, error) {
	hooked, named := false, map[string]string{}
	mapUsers, variableUsers := map[string]int{}, map[string][]string{}
	for i, entry := range entries {
		_, is, err := device.ParseHook(uses[i].In)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entry, err)
		}
		hooked = hooked || is
		for _, m := range uses[i].Maps {
			mapUsers[m]++
		}
		for _, v := range uses[i].Variables {
			variableUsers[v] = append(variableUsers[v], entry)
		}
	}
	if !hooked {
		return nil, nil
	}
	var specs []Spec
	for i, entry := range entries {
		spec := like
		spec.Name, spec.Entry, spec.Maps = entry[:min(len(entry), suit.NameBytes)], entry, nil
		if other, taken := named[spec.Name]; taken {
			return nil, fmt.Errorf("programs %s and %s: a device knows a program by %d characters of its name, which these have in common: rename one",
				other, entry, suit.NameBytes)
		}
		named[spec.Name] = entry
		for _, v := range uses[i].Variables {
			if by := variableUsers[v]; len(by) > 1 {
				return nil, fmt.Errorf("programs %s use variable %s, and on a device each has memory of its own: make it const, or put it into a map, which they share",
					strings.Join(by, ", "), v)
			}
		}
		for _, m := range uses[i].Maps {
			if mapUsers[m] > 1 {
				spec.Maps = append(spec.Maps, MapShare{Name: m, Rights: "rw"})
			}
		}
		specs = append(specs, spec)
	}
	return specs, nil
}
