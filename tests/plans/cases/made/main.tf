variable "name" {}
resource "aws_secretsmanager_secret" "this" {
  count = 1
  name  = "made-${var.name}"
}
output "arn" {
  value = try(aws_secretsmanager_secret.this[0].arn, "")
}
output "all" {
  value = { arn = aws_secretsmanager_secret.this[0].arn, name = var.name }
}
