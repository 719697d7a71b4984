// Package cos speaks to the charms of the Canonical Observability Stack, in the formats that their relations have. It
// encodes and decodes; what is related to what, and when to write, is for others to decide.
//
// All values in databags are text. Keys that are not named here are bookkeeping of the Python libraries.
//
// prometheus_scrape. The application's databag has JSON in three keys. scrape_metadata is the topology: model,
// model_uuid, application, unit, charm_name. scrape_jobs is a list of Prometheus scrape configurations, in whose targets
// the host * stands for every unit. alert_rules is a rules file: {"groups": […]}; each rule's labels name the topology,
// as juju_model and so on. Each unit's databag says where it is, in prometheus_scrape_unit_address and _name, and _path,
// a prefix of the metrics path.
//
// grafana_dashboard. The application's databag has the key dashboards: JSON {"templates": {id: template}, "uuid": text}.
// A template has charm, content, juju_topology, inject_dropdowns (variables for the topology are added to the dashboard)
// and dashboard_alt_uid (for a dashboard without one). The content is the dashboard's JSON as xz, as base64. The Python
// library changes uuid with each write; here it changes with the dashboards, so that a hook which changes nothing wakes
// nobody.
//
// cos_agent. The other side is a subordinate on the same machine, so all is in the unit's databag, as JSON in the key
// config: metrics_alert_rules and log_alert_rules (rules files), dashboards (a list of encoded ones), metrics_scrape_jobs
// (with real addresses), log_slots (of snaps: none).
//
// loki_push_api. The other side's units each have the key endpoint: JSON {"url": …}, the whole URL to push to. The
// application's databag here has metadata, the topology, and alert_rules, a rules file in LogQL, empty.
package cos
