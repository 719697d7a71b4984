terraform {
  required_providers {
    juju = {
      source  = "juju/juju"
      version = ">= 1.0, < 3.0"
    }
  }
}

variable "model_uuid" {
  description = "UUID of the model, as juju show-model tells it."
  type        = string
}

resource "juju_secret" "kafka" {
  model_uuid = var.model_uuid
  name       = "kafka"
  value = {
    username = "connect"
    password = "open sesame"
  }
}

module "connectors" {
  source = "../"

  model_uuid = var.model_uuid

  kafka_connect = {
    units = 3
    config = {
      bootstrap-servers = "kafka-1.example.org:9092,kafka-2.example.org:9092"
      kafka-secret      = juju_secret.kafka.secret_uri
      worker-heap       = 1024
    }
    secrets = {
      kafka = juju_secret.kafka.secret_id
    }
  }

  connect_integrator = {
    config = {
      state-source = "git+https://git.example.org/team/connectors.git//state.yaml"
      approvals    = "rules: [{name: deletions, match: {changes: [delete]}}]"
    }
  }
}

# A charm of the model that brings connectors of its own.
resource "juju_integration" "orders" {
  model_uuid = var.model_uuid

  application {
    name     = module.connectors.kafka_connect.app_name
    endpoint = module.connectors.kafka_connect.provides.connect_client
  }

  application {
    name     = "orders"
    endpoint = "connect-client"
  }
}
