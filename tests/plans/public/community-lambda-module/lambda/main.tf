variable "function_name" { type = string }
variable "handler" { type = string }
variable "runtime" { type = string }
variable "timeout" { type = number }
variable "statements" {
  type = map(object({ actions = list(string), resources = list(string) }))
}
variable "allowed_triggers" {
  type = map(object({ principal = string, source_arn = optional(string), source_account = optional(string) }))
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

data "aws_iam_policy_document" "additional" {
  dynamic "statement" {
    for_each = var.statements
    content {
      sid       = statement.key
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}

resource "aws_iam_role" "lambda" {
  name               = var.function_name
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_policy" "additional" {
  name   = "${var.function_name}-additional"
  policy = data.aws_iam_policy_document.additional.json
}

resource "aws_iam_role_policy_attachment" "additional" {
  role       = aws_iam_role.lambda.name
  policy_arn = aws_iam_policy.additional.arn
}

resource "aws_lambda_function" "this" {
  function_name = var.function_name
  role          = aws_iam_role.lambda.arn
  handler       = var.handler
  runtime       = var.runtime
  timeout       = var.timeout
  s3_bucket     = "deployments"
  s3_key        = "${var.function_name}.zip"
}

resource "aws_lambda_permission" "triggers" {
  for_each       = var.allowed_triggers
  statement_id   = each.key
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.this.function_name
  principal      = each.value.principal
  source_arn     = each.value.source_arn
  source_account = each.value.source_account
}

output "arn" {
  value = aws_lambda_function.this.arn
}
