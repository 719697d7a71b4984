package bench

import (
	"cmp"
	"fmt"
	"strings"

	"connectcharms/tests/bench/report"
)

// tables has the charm that does the same as the one on ops first, and then those that do more.
func (s *hookStage) tables(perTool report.Sample) []report.Table {
	var peer *hookCharm
	ours := s.charms
	if s.missing == nil {
		ours, peer = s.charms[:len(s.charms)-1], s.charms[len(s.charms)-1]
	}
	same := report.Table{Title: "The same charm twice", Method: "Both ask for a plugin, read the answer and its secret, and set their status, in every hook."}
	more := report.Table{
		Title:    "Charms that do more",
		Question: "Beside the one on ops, which does none of what these do beyond it.",
	}
	for _, hook := range []string{updateStatus, relationChanged} {
		same.Rows = append(same.Rows, s.rows(hook, hook, ours[0], peer, perTool)...)
	}
	for _, charm := range ours[1:] {
		for _, hook := range []string{updateStatus, relationChanged} {
			more.Rows = append(more.Rows, s.rows(charm.name+", "+hook, hook, charm, peer, perTool)...)
		}
		more.Method = strings.TrimSpace(fmt.Sprintf("%s %s %s.", more.Method, charm.name, charm.does))
	}
	return []report.Table{same, more}
}

func (s *hookStage) rows(what, hook string, ours, peer *hookCharm, perTool report.Sample) []report.Row {
	row := func(measured string, unit report.Unit, of func(*hookCharm) report.Sample) report.Row {
		row := report.Row{What: what + ": " + measured, Ours: of(ours), PeerName: "ops", Unit: unit}
		if peer != nil {
			row.Peer = of(peer)
		} else {
			row.Note = s.missing.Error()
		}
		return row
	}
	each := func(of func(Cost) float64) func(*hookCharm) report.Sample {
		return func(charm *hookCharm) (sample report.Sample) {
			for _, cost := range charm.costs[hook] {
				sample = append(sample, of(cost))
			}
			return sample
		}
	}
	computed := each(func(cost Cost) float64 { return cost.CPU().Seconds() })
	return []report.Row{
		row("CPU", report.Seconds, computed),
		row("CPU without hook tools", report.Seconds, func(charm *hookCharm) (rest report.Sample) {
			for _, whole := range computed(charm) {
				rest = append(rest, whole-charm.tools[hook].Median()*perTool.Median())
			}
			return rest
		}),
		row("wall", report.Seconds, each(func(cost Cost) float64 { return cost.Wall.Seconds() })),
		row("memory", report.Bytes, each(func(cost Cost) float64 { return cost.Memory })),
		row("hook tools", report.Count, func(charm *hookCharm) report.Sample { return charm.tools[hook] }),
	}
}

func (s *hookStage) notes(perTool report.Sample) []string {
	notes := []string{
		"CPU is user and system time of the charm's process and of the hook tools that it runs; memory is the most that any of them had; wall is from the start of the charm's process to its end.",
		fmt.Sprintf("The hook tools are jujutest's, the same for all: a small program each time, of which one run takes %s of CPU. Juju's own are larger, and dearer for whoever runs more of them. "+
			"\"Without hook tools\" takes off that median for each.", perTool.Text(report.Seconds)),
		"relation-changed comes from a key that the provider's databag changes. The provider runs in the benchmark's own process.",
		"Charms in Python have their modules compiled beforehand, as after a first hook.",
	}
	if s.missing != nil {
		notes = append(notes, "No charm on ops: "+cmp.Or(s.missing.Error(), "unknown"))
	}
	return notes
}
