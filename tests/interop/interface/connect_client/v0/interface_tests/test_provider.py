"""What a provider of connect_client, v0, answers."""

from interface_tester import Tester
from scenario import Relation, State

REQUEST = {"plugin-url": "NOT-REQUIRED", "requested-secrets": '["username", "password", "tls", "tls-ca"]'}
# Requirers of some libraries ask for more secrets than there are, and keep notes.
LONG_REQUEST = {
    "plugin-url": "NOT-REQUIRED",
    "requested-secrets": '["username", "password", "tls", "tls-ca", "uris", "read-only-uris", "entity-name", "entity-password"]',
    "provided-secrets": '["mtls-cert"]',
    "data": "{}",
}


def test_nothing_is_published_before_a_request():
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_units_data={})]))
    tester.run("connect-client-relation-created")
    tester.assert_relation_data_empty()


def test_nothing_is_published_for_a_request_without_a_plugin():
    asked = {"requested-secrets": REQUEST["requested-secrets"]}
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_app_data=asked)]))
    state = tester.run("connect-client-relation-changed")
    (relation,) = [one for one in state.relations if one.interface == "connect_client"]
    assert not {"endpoints", "secret-user", "username", "password"} & set(relation.local_app_data)
    tester.skip_schema_validation()


def test_a_request_is_answered():
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_app_data=REQUEST)]))
    tester.run("connect-client-relation-changed")
    tester.assert_schema_valid()


def test_a_request_with_more_in_it_is_answered():
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_app_data=LONG_REQUEST)]))
    tester.run("connect-client-relation-changed")
    tester.assert_schema_valid()


def test_credentials_are_in_a_secret_that_the_requirer_may_read():
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_app_data=REQUEST)]))
    state = tester.run("connect-client-relation-changed")
    (relation,) = [one for one in state.relations if one.interface == "connect_client"]
    uri = relation.local_app_data["secret-user"]
    (secret,) = [one for one in state.secrets if one.id.removeprefix("secret:") == uri.rpartition("/")[2].removeprefix("secret:")]
    assert secret.latest_content["username"]
    assert secret.latest_content["password"]
    assert relation.remote_app_name in secret.remote_grants[relation.id]
    assert not {"username", "password"} & set(relation.local_app_data)
    tester.assert_schema_valid()
