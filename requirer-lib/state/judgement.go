package state

import (
	"maps"
	"slices"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

// judgement finds the places of what a worker says of a configuration, field by field.
func (f *File) judgement(name string, desired connectors.Connector, validation connect.Validation) (judged Judgement) {
	known, strange := fieldsOf(validation), []string{}
	for _, key := range slices.Sorted(maps.Keys(desired.Config)) {
		if !known[key] {
			strange = append(strange, key)
		}
	}
	wrong, told := validation.Errors(), map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(wrong)) {
		for _, message := range wrong[key] {
			problem := f.problem(name, field{inConfig, key}, hide(message, desired))
			if _, is := desired.Config[key]; !is {
				problem.Nearest = nearest(key, strange)
				told[problem.Nearest] = true
			}
			judged.Problems = append(judged.Problems, problem)
		}
	}
	for _, key := range strange {
		if slip := slipFor(key, known, desired.Config); slip != "" && !told[key] {
			hint := f.problem(name, field{inConfig, key}, "its plugin does not know this key, and Kafka Connect does not look at it")
			hint.Nearest = slip
			judged.Hints = append(judged.Hints, hint)
		}
	}
	return judged
}

// fieldsOf are the keys that a plugin knows, with what is set.
func fieldsOf(validation connect.Validation) map[string]bool {
	known := map[string]bool{}
	for _, field := range validation.Configs {
		known[field.Definition.Name] = true
	}
	return known
}

// mostSlips is how many letters a key may be off for a hint: more may be a key of its own, for plugins need not declare all.
const mostSlips = 2

// slipFor is the key that a plugin knows, that is not set, and that another was most likely meant to be.
func slipFor(strange string, known map[string]bool, config connect.Settings) string {
	var unset []string
	for _, key := range slices.Sorted(maps.Keys(known)) {
		if _, is := config[key]; !is && !isReserved(key) {
			unset = append(unset, key)
		}
	}
	if near := nearest(strange, unset); near != "" && distance(strange, near) <= mostSlips {
		return near
	}
	return ""
}
