package api

import (
	"net/http"
	"strconv"
	"time"

	"connectcharms/integrator-charm/internal/manager"
)

const (
	defaultHistory = 50
	longestHistory = 500
)

func (a *API) history(r request) (answer, error) {
	limit, before, err := pageOf(r)
	if err != nil {
		return answer{}, err
	}
	runs, err := a.manager.History(r.Context(), r.cluster(), limit, before)
	return ok(runs), err
}

// pageOf reads which part of a list is asked for.
func pageOf(r request) (limit int, before int64, err error) {
	most, err := number(r, "limit", defaultHistory)
	if err == nil {
		before, err = number(r, "before", 0)
	}
	return int(min(most, longestHistory)), before, err
}

// number reads a parameter that is a positive number.
func number(r request, name string, otherwise int64) (int64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || value <= 0 {
		return 0, badRequest(name + ": want a number from 1")
	}
	return value, nil
}

func (a *API) receivers(r request) (answer, error) {
	all, err := a.manager.Receivers(r.Context())
	return ok(all), err
}

func (a *API) silences(r request) (answer, error) {
	all, err := a.manager.Silences(r.Context())
	return ok(all), err
}

// silence takes an end, or how long from now.
func (a *API) silence(r request) (answer, error) {
	var wanted struct {
		Cluster   string            `json:"cluster"`
		Connector string            `json:"connector"`
		Team      string            `json:"team"`
		Labels    map[string]string `json:"labels"`
		Comment   string            `json:"comment"`
		Until     time.Time         `json:"until"`
		Duration  string            `json:"duration"`
	}
	if err := read(r, &wanted); err != nil {
		return answer{}, err
	}
	now := a.now()
	if wanted.Duration != "" {
		lasts, err := time.ParseDuration(wanted.Duration)
		if err != nil {
			return answer{}, badRequest("duration: want one such as 2h30m")
		}
		wanted.Until = now.Add(lasts)
	}
	made, err := a.manager.Silence(r.unfinished(), manager.Silence{
		Cluster: wanted.Cluster, Connector: wanted.Connector, Team: wanted.Team, Labels: wanted.Labels,
		Comment: wanted.Comment, By: r.who.Name, From: now, Until: wanted.Until,
	})
	return answer{status: http.StatusCreated, body: made}, err
}

func (a *API) endSilence(r request) (answer, error) {
	return answer{status: http.StatusNoContent}, a.manager.EndSilence(r.unfinished(), r.PathValue("id"))
}
