"""A charm that does no more than an integrator must: it asks for a plugin, reads the answer and its secret, and sets its
status. tests/bench/asker does the same in Go; what a hook of the two costs is compared."""
import ops

PLUGIN = "http://10.0.0.1:8080/api/v1/plugin"
SECRETS = '["username","password","tls","tls-ca"]'


class Asker(ops.CharmBase):
    def __init__(self, framework):
        super().__init__(framework)
        relation = self.on["connect-client"]
        for event in (
            self.on.config_changed, self.on.leader_elected, self.on.update_status, self.on.secret_changed,
            relation.relation_created, relation.relation_joined, relation.relation_changed,
            relation.relation_departed, relation.relation_broken,
        ):
            framework.observe(event, self.reconcile)

    def reconcile(self, event):
        relations = [one for one in self.model.relations["connect-client"] if one.active]
        if self.unit.is_leader():
            for relation in relations:
                self.ask(relation.data[self.app])
        self.unit.status = self.status(relations)

    def ask(self, bag):
        for key, value in (("plugin-url", PLUGIN), ("requested-secrets", SECRETS)):
            if bag.get(key) != value:
                bag[key] = value

    def status(self, relations):
        if not relations:
            return ops.BlockedStatus("not related to Kafka Connect")
        answer = relations[0].data[relations[0].app]
        if not answer.get("endpoints") or not answer.get("secret-user"):
            return ops.WaitingStatus("for Kafka Connect")
        content = self.model.get_secret(id=answer["secret-user"]).get_content(refresh=True)
        endpoints = answer["endpoints"].split(",")
        return ops.ActiveStatus(f"{content['username']} at {len(endpoints)} endpoints")


ops.main(Asker)
