"""What a provider of connect_client, v1, answers."""

import json

from interface_tester import Tester
from scenario import Relation, State

# request-id: the first 16 hexadecimal digits of the SHA-256 of NOT-REQUIRED:one and NOT-REQUIRED:two
ONE = {"resource": "NOT-REQUIRED", "salt": "one", "request-id": "39e7a6d1c8615cfb"}
TWO = {"resource": "NOT-REQUIRED", "salt": "two", "request-id": "a29fe4137532dfd5"}
BAD = {"resource": "no URL", "salt": "bad", "request-id": "f937231b4e3c9582"}


def test_nothing_is_published_before_a_request():
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_units_data={})]))
    tester.run("connect-client-relation-created")
    tester.assert_relation_data_empty()


def test_every_request_is_answered_with_a_secret_of_its_own():
    asked = {"version": "v1", "requests": json.dumps([ONE, TWO])}
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_app_data=asked)]))
    state = tester.run("connect-client-relation-changed")
    tester.assert_schema_valid()
    (relation,) = [one for one in state.relations if one.interface == "connect_client"]
    answers = {answer["request-id"]: answer for answer in json.loads(relation.local_app_data["requests"])}
    assert set(answers) == {ONE["request-id"], TWO["request-id"]}
    uris = {answer["secret-user"] for answer in answers.values()}
    assert len(uris) == 2
    for uri in uris:
        id = uri.rpartition("/")[2].removeprefix("secret:")
        (secret,) = [one for one in state.secrets if one.id.removeprefix("secret:") == id]
        assert secret.latest_content["username"]
        assert secret.latest_content["password"]
        assert relation.remote_app_name in secret.remote_grants[relation.id]


def test_a_request_that_is_wrong_does_not_hold_up_another():
    asked = {"version": "v1", "requests": json.dumps([BAD, ONE])}
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_app_data=asked)]))
    state = tester.run("connect-client-relation-changed")
    tester.assert_schema_valid()
    (relation,) = [one for one in state.relations if one.interface == "connect_client"]
    answers = {answer["request-id"]: answer for answer in json.loads(relation.local_app_data["requests"])}
    assert "secret-user" in answers[ONE["request-id"]]
    assert "secret-user" not in answers.get(BAD["request-id"], {})
