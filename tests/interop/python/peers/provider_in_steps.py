"""A charm that provides Kafka Connect and takes a hook for each thing that belongs in one, as some have been seen to do."""

import ops

META = {"name": "python-connect", "provides": {"connect-client": {"interface": "connect_client"}}}
CONFIG = {"options": {"step": {"type": "string", "default": ""}}}


def provider_in_steps(worker) -> type[ops.CharmBase]:
    """The charm's class. Its workload is worker; the option step says what the next hook does."""

    class ProviderInSteps(ops.CharmBase):
        def __init__(self, framework: ops.Framework):
            super().__init__(framework)
            framework.observe(self.on.config_changed, self._on_config)

        def _on_config(self, _):
            for relation in self.model.relations["connect-client"]:
                if self.config["step"]:
                    getattr(self, "_" + self.config["step"])(relation)

        def _publish(self, relation: ops.Relation):
            """Names a secret that the requirer may not read, and that has no password."""
            secret = self.app.add_secret({"username": "half"}, label="account")
            relation.data[self.app].update({"endpoints": worker.endpoint("http"), "secret-user": secret.id})

        def _grant(self, relation: ops.Relation):
            self.model.get_secret(label="account").grant(relation)
            relation.data[self.app]["told"] = "granted"  # Juju tells nobody of a grant

        def _complete(self, _):
            worker.accounts["half"] = "a password"
            self.model.get_secret(label="account").set_content({"username": "half", "password": "a password"})

    return ProviderInSteps
