locals {
  qualifier = "$LATEST"
}

resource "aws_lambda_function" "this" {
  count = var.create ? 1 : 0

  function_name = var.function_name
  role          = var.create_role ? aws_iam_role.lambda[0].arn : var.lambda_role
  handler       = var.handler
  runtime       = var.runtime
  timeout       = var.timeout
  s3_bucket     = "deployments"
  s3_key        = "${var.function_name}.zip"
  tags          = var.tags

  dynamic "environment" {
    for_each = length(keys(var.environment_variables)) == 0 ? [] : [true]
    content {
      variables = var.environment_variables
    }
  }

  dynamic "vpc_config" {
    for_each = var.vpc_subnet_ids != null && var.vpc_security_group_ids != null ? [true] : []
    content {
      security_group_ids = var.vpc_security_group_ids
      subnet_ids         = var.vpc_subnet_ids
    }
  }
}

resource "aws_lambda_permission" "triggers" {
  for_each = { for name, trigger in var.allowed_triggers : name => trigger if var.create }

  function_name = aws_lambda_function.this[0].function_name

  statement_id   = try(each.value.statement_id, each.key)
  action         = try(each.value.action, "lambda:InvokeFunction")
  principal      = try(each.value.principal, format("%s.amazonaws.com", try(each.value.service, "")))
  source_arn     = try(each.value.source_arn, null)
  source_account = try(each.value.source_account, null)
}

output "lambda_function_arn" {
  description = "The function's ARN"
  value       = try(aws_lambda_function.this[0].arn, "")
}

output "lambda_role_name" {
  value = try(aws_iam_role.lambda[0].name, "")
}
