package bench

import (
	"context"
	"strings"
	"time"

	"connectcharms/requirer-lib/jujutest"
	"connectcharms/tests/bench/report"
	"connectcharms/tests/pair"
)

// counted says how long something takes, and how many hooks of the provider's units run for it.
func (s *providerStage) counted(do func() error) (took, hooks report.Sample, err error) {
	before, began := len(s.model.HookLog()), time.Now()
	err = do()
	return report.Times(time.Since(began)), report.Sample{float64(len(providersHooks(s.model.HookLog()[before:])))}, err
}

// providersHooks are those of kafka-connect's units.
func providersHooks(all []jujutest.HookRun) (runs []jujutest.HookRun) {
	for _, run := range all {
		if strings.HasPrefix(run.Unit, pair.Provider+"/") {
			runs = append(runs, run)
		}
	}
	return runs
}

// idle has a unit run update-status some times, and says what CPU time and how many hook tools each took.
func (s *providerStage) idle(ctx context.Context, unit string, rounds int) (computed, tools report.Sample, err error) {
	for range rounds {
		before := len(s.model.HookLog())
		if _, err := s.meter.Take(); err != nil {
			return nil, nil, err
		}
		if err := s.model.UpdateStatus(unit); err != nil {
			return nil, nil, err
		}
		if err := s.model.Settle(ctx); err != nil {
			return nil, nil, err
		}
		costs, err := s.meter.Take()
		if err != nil {
			return nil, nil, err
		}
		computed = append(computed, cpuOf(costs, unit, "hooks/update-status")...)
		for _, run := range s.model.HookLog()[before:] {
			if run.Unit == unit && run.Name == updateStatus {
				tools = append(tools, float64(len(run.Tools)))
			}
		}
	}
	return computed, tools, nil
}

// cpuOf is the CPU time of a unit's hooks of one name.
func cpuOf(costs []Cost, unit, hook string) (sample report.Sample) {
	for _, cost := range costs {
		if cost.Unit == unit && cost.Hook == hook {
			sample = append(sample, cost.CPU().Seconds())
		}
	}
	return sample
}

// inOrder has the leader first.
func (s *providerStage) inOrder() []string {
	leader := s.model.Leader(pair.Provider)
	units := []string{leader}
	for _, unit := range s.model.Units(pair.Provider) {
		if unit != leader {
			units = append(units, unit)
		}
	}
	return units[:2]
}
