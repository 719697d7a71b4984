resource "juju_application" "kafka_connect" {
  name               = var.kafka_connect.app_name
  model_uuid         = var.model_uuid
  units              = var.kafka_connect.units
  constraints        = var.kafka_connect.constraints
  config             = var.kafka_connect.config
  resources          = var.kafka_connect.resources
  storage_directives = var.kafka_connect.storage_directives

  charm {
    name     = var.kubernetes ? "kafka-connect-k8s" : "kafka-connect"
    channel  = var.kafka_connect.channel
    revision = var.kafka_connect.revision
    base     = var.kafka_connect.base
  }
}

resource "juju_application" "connect_integrator" {
  count = var.connect_integrator == null ? 0 : 1

  name        = var.connect_integrator.app_name
  model_uuid  = var.model_uuid
  units       = var.connect_integrator.units
  constraints = var.connect_integrator.constraints
  config      = var.connect_integrator.config
  resources   = var.connect_integrator.resources

  charm {
    name     = "connect-integrator"
    channel  = var.connect_integrator.channel
    revision = var.connect_integrator.revision
    base     = var.connect_integrator.base
  }
}

resource "juju_integration" "connect_client" {
  count = var.connect_integrator == null ? 0 : 1

  model_uuid = var.model_uuid

  application {
    name     = juju_application.kafka_connect.name
    endpoint = "connect-client"
  }

  application {
    name     = juju_application.connect_integrator[0].name
    endpoint = "connect-client"
  }
}

# An application of the same model is named with its endpoint, an offer by its URL alone.
resource "juju_integration" "kafka" {
  count = var.kafka == null ? 0 : 1

  model_uuid = var.model_uuid

  application {
    name     = juju_application.kafka_connect.name
    endpoint = "kafka"
  }

  application {
    name      = var.kafka.app_name
    endpoint  = var.kafka.offer_url == null ? var.kafka.endpoint : null
    offer_url = var.kafka.offer_url
  }
}

resource "juju_integration" "certificates" {
  count = var.certificates == null ? 0 : 1

  model_uuid = var.model_uuid

  application {
    name     = juju_application.kafka_connect.name
    endpoint = "certificates"
  }

  application {
    name     = var.certificates.app_name
    endpoint = var.certificates.endpoint
  }
}

# By names, which Terraform knows before there is a secret.
resource "juju_access_secret" "kafka_connect" {
  for_each = var.kafka_connect.secrets

  model_uuid   = var.model_uuid
  secret_id    = each.value
  applications = [juju_application.kafka_connect.name]
}

resource "juju_access_secret" "connect_integrator" {
  for_each = try(var.connect_integrator.secrets, {})

  model_uuid   = var.model_uuid
  secret_id    = each.value
  applications = [juju_application.connect_integrator[0].name]
}
