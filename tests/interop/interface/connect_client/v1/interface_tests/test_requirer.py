"""What a requirer of connect_client, v1, asks, and what it puts up with."""

import json

from interface_tester import Tester
from scenario import Relation, State

SECRET = "secret:cjqub6vubg2s77p3nio0"


def test_the_request_is_there_when_the_relation_is_made():
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_units_data={})]))
    tester.run("connect-client-relation-created")
    tester.assert_schema_valid()


def test_answers_that_are_still_missing_are_no_trouble():
    told = {"version": "v1", "requests": "[]", "data": "{}"}
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_app_data=told)]))
    tester.run("connect-client-relation-changed")
    tester.assert_schema_valid()


def test_an_answer_to_somebody_elses_request_is_no_trouble():
    answer = {"request-id": "0123456789abcdef", "endpoints": "http://10.1.1.100:8083", "secret-user": SECRET}
    told = {"version": "v1", "requests": json.dumps([answer]), "data": '{"0123456789abcdef": {}}'}
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_app_data=told)]))
    tester.run("connect-client-relation-changed")
    tester.assert_schema_valid()


def test_a_status_is_no_trouble():
    told = {"version": "v1", "status": '[{"code": 4001, "message": "the plugin cannot be downloaded", "resolution": "serve it"}]'}
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_app_data=told)]))
    tester.run("connect-client-relation-changed")
    tester.assert_schema_valid()


def test_the_end_of_a_relation_is_no_trouble():
    tester = Tester(State(relations=[Relation("connect-client", interface="connect_client", remote_units_data={})]))
    tester.run("connect-client-relation-broken")
    tester.skip_schema_validation()
