"""What a requirer of connect_client, v0, asks, and what it puts up with."""

from interface_tester import Tester
from scenario import Relation, State

SECRET = "secret://59060ecc-0495-4a80-8006-5f1fc13fd783/cjqub6vubg2s77p3nio0"
ENDPOINTS = "http://10.1.1.100:8083,http://10.1.1.101:8083"


def test_the_request_is_there_when_the_relation_is_made():
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_units_data={})]))
    tester.run("connect-client-relation-created")
    tester.assert_schema_valid()


def test_endpoints_without_credentials_are_no_trouble():
    told = {"endpoints": ENDPOINTS}
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_app_data=told)]))
    tester.run("connect-client-relation-changed")
    tester.assert_schema_valid()


def test_a_secret_that_cannot_be_read_yet_is_no_trouble():
    told = {"endpoints": ENDPOINTS, "secret-user": SECRET}
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_app_data=told)]))
    tester.run("connect-client-relation-changed")
    tester.assert_schema_valid()


def test_a_status_is_no_trouble():
    told = {"status": '[{"code": 4001, "message": "the plugin cannot be downloaded", "resolution": "serve it"}]'}
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_app_data=told)]))
    tester.run("connect-client-relation-changed")
    tester.assert_schema_valid()


def test_keys_of_the_providers_own_are_no_trouble():
    told = {"data": '{"plugin-url": "NOT-REQUIRED"}', "plugin-url": "NOT-REQUIRED", "version": "v0"}
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_app_data=told)]))
    tester.run("connect-client-relation-changed")
    tester.assert_schema_valid()


def test_the_end_of_a_relation_is_no_trouble():
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_units_data={})]))
    tester.run("connect-client-relation-broken")
    tester.skip_schema_validation()
