variable "context" {
  type = any
  default = {
    enabled    = true
    namespace  = null
    stage      = null
    name       = null
    delimiter  = null
    attributes = []
    tags       = {}
  }
}

variable "enabled" {
  type    = bool
  default = null
}
variable "namespace" {
  type    = string
  default = null
}
variable "stage" {
  type    = string
  default = null
}
variable "name" {
  type    = string
  default = null
}
variable "delimiter" {
  type    = string
  default = null
}
variable "attributes" {
  type    = list(string)
  default = []
}
variable "tags" {
  type    = map(string)
  default = {}
}

locals {
  input = {
    enabled    = var.enabled == null ? var.context.enabled : var.enabled
    namespace  = var.namespace == null ? var.context.namespace : var.namespace
    stage      = var.stage == null ? var.context.stage : var.stage
    name       = var.name == null ? var.context.name : var.name
    delimiter  = var.delimiter == null ? var.context.delimiter : var.delimiter
    attributes = compact(distinct(concat(coalesce(var.context.attributes, []), coalesce(var.attributes, []))))
    tags       = merge(var.context.tags, var.tags)
  }

  enabled   = local.input.enabled
  delimiter = local.input.delimiter == null ? "-" : local.input.delimiter
  parts = {
    namespace  = lower(coalesce(local.input.namespace, "none"))
    stage      = lower(coalesce(local.input.stage, "none"))
    name       = lower(coalesce(local.input.name, "none"))
    attributes = join(local.delimiter, local.input.attributes)
  }
  order = ["namespace", "stage", "name", "attributes"]
  id    = join(local.delimiter, [for part in local.order : local.parts[part] if length(local.parts[part]) > 0])
  tags  = merge(local.input.tags, { for key, value in { Namespace = local.input.namespace, Stage = local.input.stage } : key => value if value != null })
}

output "id" {
  value = local.enabled ? local.id : ""
}

output "enabled" {
  value = local.enabled
}

output "tags" {
  value = local.tags
}

output "context" {
  value = local.input
}
