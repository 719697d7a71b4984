variable "model_uuid" {
  description = "UUID of the model in which both applications are."
  type        = string
  nullable    = false
}

variable "kubernetes" {
  description = "Whether the model is on Kubernetes: then Kafka Connect is the charm kafka-connect-k8s."
  type        = bool
  default     = false
}

variable "kafka_connect" {
  description = <<-EOT
    The application that runs the workers. config has the options of docs/options.md; secrets are user secrets that these
    options name, to which the application gets access, by a name of your choice: the ID. resources are revisions, and on
    Kubernetes an image may be one.
  EOT
  type = object({
    app_name           = optional(string, "kafka-connect")
    channel            = optional(string, "latest/stable")
    revision           = optional(number)
    base               = optional(string, "ubuntu@24.04")
    units              = optional(number, 3)
    constraints        = optional(string)
    config             = optional(map(string), {})
    resources          = optional(map(string), {})
    secrets            = optional(map(string), {})
    storage_directives = optional(map(string))
  })
  default  = {}
  nullable = false
}

variable "connect_integrator" {
  description = <<-EOT
    The application that keeps the connectors of a state file. Null leaves it out, where charms of your own bring connectors.
    config has the options of docs/options.md; secrets are user secrets that these options name, to which the
    application gets access, by a name of your choice: the ID. resources are revisions.
  EOT
  type = object({
    app_name    = optional(string, "connect-integrator")
    channel     = optional(string, "latest/stable")
    revision    = optional(number)
    base        = optional(string, "ubuntu@24.04")
    units       = optional(number, 1)
    constraints = optional(string)
    config      = optional(map(string), {})
    resources   = optional(map(string), {})
    secrets     = optional(map(string), {})
  })
  default = {}
}

variable "kafka" {
  description = <<-EOT
    The Kafka of the workers: an application of the model with its endpoint, or the URL of an offer. Null where the option
    bootstrap-servers names it.
  EOT
  type = object({
    app_name  = optional(string)
    endpoint  = optional(string, "kafka-client")
    offer_url = optional(string)
  })
  default = null

  validation {
    condition     = var.kafka == null || (try(var.kafka.app_name, null) == null) != (try(var.kafka.offer_url, null) == null)
    error_message = "Set app_name or offer_url of kafka, one of them."
  }
}

variable "certificates" {
  description = "The application of the model that gives certificates (tls-certificates), with its endpoint. Null for none."
  type = object({
    app_name = string
    endpoint = optional(string, "certificates")
  })
  default = null
}
