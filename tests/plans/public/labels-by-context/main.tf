# Names that a module of labels makes out of a context, as one family of modules has it: the context goes from module to module.

module "label" {
  source = "./label"

  namespace  = "acme"
  stage      = "prod"
  name       = "rotate"
  attributes = ["db"]
}

module "labels_of_secrets" {
  source   = "./label"
  for_each = toset(["orders", "stock"])

  context   = module.label.context
  name      = each.value
  delimiter = "/"
}

resource "aws_secretsmanager_secret" "db" {
  for_each = module.labels_of_secrets

  name = each.value.id
  tags = each.value.tags
}

resource "aws_secretsmanager_secret_version" "db" {
  for_each = aws_secretsmanager_secret.db

  secret_id     = each.value.id
  secret_string = "{}"
}

module "rotation" {
  source = "./rotation"

  context = module.label.context
  secrets = { for name, secret in aws_secretsmanager_secret.db : name => secret.arn if name != "stock" }
}

resource "aws_secretsmanager_secret_rotation" "db" {
  for_each = aws_secretsmanager_secret.db

  secret_id           = each.value.id
  rotation_lambda_arn = module.rotation.arn
  rotation_rules {
    automatically_after_days = 30
  }
  depends_on = [module.rotation, aws_secretsmanager_secret_version.db]
}
