variable "create" {
  type    = bool
  default = true
}

variable "name" { type = string }

variable "secret_string" {
  type      = string
  default   = null
  sensitive = true
}

variable "create_policy" {
  type    = bool
  default = false
}

variable "policy_statements" {
  type = map(object({
    sid     = optional(string)
    effect  = optional(string, "Allow")
    actions = list(string)
    principals = optional(list(object({
      type        = optional(string, "AWS")
      identifiers = list(string)
    })), [])
    conditions = optional(list(object({ test = string, variable = string, values = list(string) })), [])
  }))
  default = {}
}

resource "aws_secretsmanager_secret" "this" {
  count = var.create ? 1 : 0

  name                    = var.name
  recovery_window_in_days = 7
}

data "aws_iam_policy_document" "this" {
  count = var.create && var.create_policy ? 1 : 0

  dynamic "statement" {
    for_each = var.policy_statements

    content {
      sid       = coalesce(statement.value.sid, title(statement.key))
      effect    = statement.value.effect
      actions   = statement.value.actions
      resources = [aws_secretsmanager_secret.this[0].arn]

      dynamic "principals" {
        for_each = statement.value.principals
        content {
          type        = principals.value.type
          identifiers = principals.value.identifiers
        }
      }

      dynamic "condition" {
        for_each = statement.value.conditions
        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

resource "aws_secretsmanager_secret_policy" "this" {
  count = var.create && var.create_policy ? 1 : 0

  secret_arn = aws_secretsmanager_secret.this[0].arn
  policy     = data.aws_iam_policy_document.this[0].json
}

resource "aws_secretsmanager_secret_version" "this" {
  count = var.create && var.secret_string != null ? 1 : 0

  secret_id     = aws_secretsmanager_secret.this[0].id
  secret_string = var.secret_string
}

output "secret_arn" {
  value = try(aws_secretsmanager_secret.this[0].arn, null)
}

output "secret_id" {
  value = try(aws_secretsmanager_secret.this[0].id, null)
}
