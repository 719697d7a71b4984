output "kafka_connect" {
  description = "Kafka Connect's name, and its endpoints, for integrations of your own."
  value = {
    app_name = juju_application.kafka_connect.name
    provides = {
      connect_client    = "connect-client"
      metrics_endpoint  = "metrics-endpoint"
      grafana_dashboard = "grafana-dashboard"
      cos_agent         = "cos-agent"
    }
    requires = {
      kafka        = "kafka"
      certificates = "certificates"
      logging      = "logging"
    }
  }
}

output "connect_integrator" {
  description = "The integrator's name, and its endpoints; null where there is none."
  value = var.connect_integrator == null ? null : {
    app_name = juju_application.connect_integrator[0].name
    requires = {
      connect_client = "connect-client"
    }
  }
}
