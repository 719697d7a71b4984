"""Reads what kafka-connect wrote for the observability stack with the library that its charms are built on."""

import json
import sys

from cosl import JujuTopology, LZMABase64
from cosl.rules import Rules

written = json.load(sys.stdin)
scrape = written["scrape"]
metadata = json.loads(scrape["scrape_metadata"])
topology = JujuTopology.from_dict(metadata)
rules = Rules(query_type="promql")
rules.add(json.loads(scrape["alert_rules"]), group_name_prefix=topology.identifier)
templates = json.loads(written["grafana"]["dashboards"])["templates"]
agent = json.loads(written["agent"]["config"])
print(
    json.dumps(
        {
            "identifier": topology.identifier,
            "matchers": topology.alert_expression_str,
            "groups": [
                {
                    "name": group["name"],
                    "rules": [{"expr": rule["expr"], "labels": rule["labels"]} for rule in group["rules"]],
                }
                for group in rules.as_dict()["groups"]
            ],
            "rule_labels": topology.label_matcher_dict,
            "dashboards": [json.loads(LZMABase64.decompress(t["content"]))["title"] for t in templates.values()]
            + [json.loads(LZMABase64.decompress(content))["title"] for content in agent["dashboards"]],
            "logs": JujuTopology.from_dict(json.loads(written["logs"]["metadata"])).identifier,
        }
    )
)
