package cos

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"sync"

	"github.com/ulikunitz/xz"

	"connectcharms/requirer-lib/hook"
)

// dashboard is for Grafana as it is: it has variables for the topology of its own, so none are to be injected.
//
//go:embed dashboard.json
var dashboard []byte

// template is a dashboard in the databag of grafana_dashboard.
type template struct {
	Charm           string            `json:"charm"`
	Content         string            `json:"content"`
	Topology        map[string]string `json:"juju_topology"`
	InjectDropdowns bool              `json:"inject_dropdowns"`
	AltUID          string            `json:"dashboard_alt_uid"`
}

// Dashboards is the application's databag in a grafana_dashboard relation.
func Dashboards(of Topology) hook.Databag {
	digest := sha256.Sum256(dashboard)
	id := hex.EncodeToString(digest[:8])
	return hook.Databag{"dashboards": encode(map[string]any{
		"templates": map[string]template{"file:kafka-connect": {
			Charm: of.Charm, Content: packedDashboard(), Topology: map[string]string{}, AltUID: id,
		}},
		"uuid": id,
	})}
}

// packedDashboard is the dashboard for a databag. Packing takes some 60 ms.
var packedDashboard = sync.OnceValue(func() string {
	var packed bytes.Buffer
	writer, err := xz.NewWriter(&packed)
	if err == nil {
		_, err = writer.Write(dashboard)
	}
	if err == nil {
		err = writer.Close()
	}
	if err != nil {
		panic(err) // it is packed into memory
	}
	return base64.StdEncoding.EncodeToString(packed.Bytes())
})
