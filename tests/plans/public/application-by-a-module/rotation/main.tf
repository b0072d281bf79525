variable "name" {
  type = string
}

variable "engine" {
  type = string
}

variable "strategy" {
  type    = string
  default = "SingleUser"
}

variable "parameters" {
  type    = map(string)
  default = {}
}

locals {
  repository = "arn:aws:serverlessrepo:us-east-1:297356227824:applications"
}

resource "aws_serverlessapplicationrepository_cloudformation_stack" "this" {
  count          = var.name == "" ? 0 : 1
  name           = var.name
  application_id = "${local.repository}/SecretsManager${var.engine}Rotation${var.strategy}"
  capabilities   = ["CAPABILITY_IAM", "CAPABILITY_RESOURCE_POLICY"]
  parameters = merge({
    functionName = var.name
    endpoint     = "https://secretsmanager.eu-west-1.amazonaws.com"
    runtime      = "python3.13"
  }, var.parameters)
}

output "function_arn" {
  value = one(aws_serverlessapplicationrepository_cloudformation_stack.this[*].outputs.RotationLambdaARN)
}
