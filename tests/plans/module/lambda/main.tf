variable "name" {}
variable "policy" {
  default = null
}
variable "allowed_triggers" {
  default = {}
}
variable "subnet_ids" {
  default = null
}
variable "create_role" {
  default = true
}
variable "role_arn" {
  default = ""
}

locals {
  role = var.create_role ? aws_iam_role.this[0].arn : var.role_arn
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  count              = var.create_role ? 1 : 0
  name               = var.name
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_policy" "additional" {
  count  = var.create_role ? 1 : 0
  name   = "${var.name}-additional"
  policy = var.policy
}

resource "aws_iam_role_policy_attachment" "additional" {
  count      = var.create_role ? 1 : 0
  role       = aws_iam_role.this[0].name
  policy_arn = aws_iam_policy.additional[0].arn
}

resource "aws_lambda_function" "this" {
  function_name = var.name
  role          = local.role
  runtime       = "python3.13"
  handler       = "index.handler"
  filename      = "index.zip"
  timeout       = 60
  environment {
    variables = { SECRETS_MANAGER_ENDPOINT = "https://secretsmanager.eu-west-1.amazonaws.com" }
  }
  dynamic "vpc_config" {
    for_each = var.subnet_ids == null ? [] : [true]
    content {
      subnet_ids         = var.subnet_ids
      security_group_ids = []
    }
  }
}

resource "aws_lambda_permission" "triggers" {
  for_each      = var.allowed_triggers
  function_name = aws_lambda_function.this.function_name
  statement_id  = each.key
  action        = "lambda:InvokeFunction"
  principal     = try(each.value.principal, format("%s.amazonaws.com", try(each.value.service, "")))
  source_arn    = try(each.value.source_arn, null)
}

output "arn" {
  value = aws_lambda_function.this.arn
}
