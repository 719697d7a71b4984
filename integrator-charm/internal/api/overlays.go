package api

import (
	"encoding/json"
	"net/http"

	"connectcharms/integrator-charm/internal/overlay"
)

// overlays answers what connectors have changed of their own configurations. Values of secrets are in no answer.
func (a *API) overlays(r request) (answer, error) {
	all, err := a.manager.Overlays(r.Context(), r.cluster())
	return ok(all), err
}

func (a *API) overlay(r request) (answer, error) {
	return versioned(a.manager.Overlay(r.Context(), r.cluster(), r.PathValue("name")))
}

// clearOverlay gives keys back to the state file; without a key, all of them.
func (a *API) clearOverlay(r request) (answer, error) {
	version, err := ifMatch(r)
	if err != nil {
		return answer{}, err
	}
	keys := r.URL.Query()["key"]
	return versioned(a.manager.ClearOverlay(r.unfinished(), r.cluster(), r.PathValue("name"), keys, r.who.Name, version))
}

func versioned(shown overlay.Shown, err error) (answer, error) {
	return ok(shown).with("ETag", tag(shown.Version)), err
}

// largestDocument is the most that is read of a document with all overlays of a cluster, in bytes.
const largestDocument = 64 << 20

// exportOverlays answers all overlays of a cluster with their values, for the charm's hook, which keeps them for other units.
func (a *API) exportOverlays(r request) (answer, error) {
	document, err := a.manager.ExportOverlays(r.Context(), r.cluster())
	return ok(document).with("Cache-Control", "no-store"), err
}

func (a *API) importOverlays(r request) (answer, error) {
	body, err := readWhole(r, largestDocument)
	if err != nil {
		return answer{}, err
	}
	var document overlay.Document
	if json.Unmarshal(body, &document) != nil { // its error may quote a value
		return answer{}, badRequest("the body is no document of overlays")
	}
	return answer{status: http.StatusNoContent}, a.manager.ImportOverlays(r.unfinished(), r.cluster(), document)
}

// delivered hears that every worker has the files of a version.
func (a *API) delivered(r request) (answer, error) {
	var said struct {
		Version int64 `json:"version"`
	}
	if err := read(r, &said); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, a.manager.Delivered(r.unfinished(), r.cluster(), said.Version)
}
