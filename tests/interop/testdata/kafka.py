"""One hook of a Kafka charm with the Python library: the request in on stdin; databag and secrets out on stdout."""

import json
import sys

from dpcharmlibs.interfaces import KafkaRequestModel, KafkaResponseModel, ResourceProviderEventHandler
from ops import CharmBase, testing

given = json.load(sys.stdin)


class Kafka(CharmBase):
    def __init__(self, framework):
        super().__init__(framework)
        self.clients = ResourceProviderEventHandler(self, "kafka-client", KafkaRequestModel)
        framework.observe(self.clients.on.resource_requested, self._answer)

    def _answer(self, event):
        assert event.request.extra_user_roles == "admin", event.request
        response = KafkaResponseModel(
            salt=event.request.salt,
            request_id=event.request.request_id,
            resource=event.request.resource,
            endpoints=given["endpoints"],
            username=given["username"],
            password=given["password"],
            tls=True,
            tls_ca=given["ca"],
            consumer_group_prefix="relation-",
        )
        self.clients.set_response(event.relation.id, response)


relation = testing.Relation(
    "kafka-client", interface="kafka_client", remote_app_name="kafka-connect", remote_app_data=given["asked"]
)
context = testing.Context(Kafka, meta={"name": "kafka", "provides": {"kafka-client": {"interface": "kafka_client"}}})
after = context.run(context.on.relation_changed(relation), testing.State(leader=True, relations=[relation]))
secrets = {secret.id: {"label": secret.label, "content": secret.latest_content} for secret in after.secrets}
json.dump({"app": dict(after.get_relation(relation.id).local_app_data), "secrets": secrets}, sys.stdout)
