variable "known" {
  default = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:known-AbCdEf"
}
variable "flag" {
  default = true
}
variable "other" {
  default = ""
}
variable "groups" {
  default = ["sg-0a"]
}
data "aws_caller_identity" "current" {}
data "aws_secretsmanager_secret" "read" {
  name = "read"
}
locals {
  secret = aws_secretsmanager_secret.a.arn
  map    = { x = { secret = aws_secretsmanager_secret.a.arn } }
}
resource "aws_s3_bucket" "b" {}

resource "aws_secretsmanager_secret" "a" {
  name = "a"
}
resource "aws_secretsmanager_secret" "b" {
  name = "b"
}
resource "aws_secretsmanager_secret" "prefix" {
  name_prefix = "team-"
}
resource "aws_secretsmanager_secret" "unnamed" {}
resource "aws_secretsmanager_secret" "late" {
  name = "late-${aws_s3_bucket.b.id}"
}
resource "aws_secretsmanager_secret" "counted" {
  count = 2
  name  = "counted-${count.index}"
}
resource "aws_secretsmanager_secret" "each" {
  for_each = toset(["x", "y.z"])
  name     = "each-${each.key}"
}
resource "aws_secretsmanager_secret_version" "a" {
  secret_id     = aws_secretsmanager_secret.a.id
  secret_string = "hunter2"
}
module "made" {
  source   = "./made"
  for_each = toset(["m", "n"])
  name     = each.key
}
module "single" {
  source = "./made"
  name   = "single"
}
module "outer" {
  source = "./outer"
  secret = aws_secretsmanager_secret.b.arn
}

resource "aws_secretsmanager_secret_rotation" "id" {
  secret_id = aws_secretsmanager_secret.a.id
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "arn" {
  secret_id = aws_secretsmanager_secret.a.arn
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "version" {
  secret_id = aws_secretsmanager_secret_version.a.secret_id
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "version_arn" {
  secret_id = aws_secretsmanager_secret_version.a.arn
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "prefix" {
  secret_id = aws_secretsmanager_secret.prefix.id
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "unnamed" {
  secret_id = aws_secretsmanager_secret.unnamed.id
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "late" {
  secret_id = aws_secretsmanager_secret.late.id
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "counted" {
  secret_id = aws_secretsmanager_secret.counted[1].id
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "index" {
  count     = 2
  secret_id = aws_secretsmanager_secret.counted[count.index].id
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "chained" {
  for_each  = aws_secretsmanager_secret.each
  secret_id = each.value.id
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "key" {
  for_each  = toset(["x", "y.z"])
  secret_id = aws_secretsmanager_secret.each[each.key].arn
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "tried" {
  secret_id = try(aws_secretsmanager_secret.counted[0].arn, "")
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "output" {
  secret_id = module.single.arn
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "output_key" {
  secret_id = module.made["n"].arn
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "output_each" {
  for_each  = toset(["m"])
  secret_id = module.made[each.key].arn
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "output_object" {
  secret_id = module.single.all.arn
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "module_chained" {
  for_each  = module.made
  secret_id = each.value.arn
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "local" {
  secret_id = local.secret
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "local_map" {
  for_each  = local.map
  secret_id = each.value.secret
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "known" {
  secret_id = var.known
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "read" {
  secret_id = data.aws_secretsmanager_secret.read.arn
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "either" {
  secret_id = var.flag ? aws_secretsmanager_secret.a.id : aws_secretsmanager_secret.b.id
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "fallback" {
  secret_id = var.flag ? aws_secretsmanager_secret.a.id : var.other
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "coalesce" {
  secret_id = coalesce(var.other, aws_secretsmanager_secret.a.id)
  rotation_rules {
    automatically_after_days = 30
  }
}

resource "aws_iam_role" "r" {
  name               = "r"
  path               = "/team/"
  assume_role_policy = "{}"
}
resource "aws_iam_role" "p" {
  name_prefix        = "p-"
  assume_role_policy = "{}"
}
resource "aws_subnet" "s" {
  count      = 2
  vpc_id     = "vpc-1"
  cidr_block = "10.0.${count.index}.0/24"
}
resource "aws_security_group" "g" {
  name = "g"
}
resource "aws_kms_key" "k" {}
resource "aws_kms_alias" "k" {
  name          = "alias/k"
  target_key_id = aws_kms_key.k.key_id
}
resource "aws_lambda_function" "splat" {
  function_name = "splat"
  runtime       = "python3.13"
  handler       = "index.handler"
  filename      = "index.zip"
  role          = aws_iam_role.r.arn
  kms_key_arn   = aws_kms_alias.k.target_key_arn
  publish       = true
  vpc_config {
    subnet_ids         = aws_subnet.s[*].id
    security_group_ids = [aws_security_group.g.id]
  }
}
resource "aws_lambda_function" "for" {
  function_name = "for"
  runtime       = "python3.13"
  handler       = "index.handler"
  filename      = "index.zip"
  role          = aws_iam_role.p.arn
  vpc_config {
    subnet_ids         = [for s in aws_subnet.s : s.id]
    security_group_ids = concat([aws_security_group.g.id], var.groups)
  }
}
resource "aws_lambda_function" "dynamic" {
  function_name = "dynamic-${aws_s3_bucket.b.id}"
  runtime       = "python3.13"
  handler       = "index.handler"
  filename      = "index.zip"
  role          = "arn:aws:iam::111122223333:role/known"
  dynamic "vpc_config" {
    for_each = var.flag ? [1] : []
    content {
      subnet_ids         = [aws_subnet.s[0].id, "subnet-9"]
      security_group_ids = [aws_security_group.g.id]
    }
  }
}
resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.splat.arn
  function_version = aws_lambda_function.splat.version
}
resource "aws_secretsmanager_secret_rotation" "f_alias" {
  secret_id           = aws_secretsmanager_secret.b.id
  rotation_lambda_arn = aws_lambda_alias.live.arn
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "f_version" {
  secret_id           = aws_secretsmanager_secret.b.id
  rotation_lambda_arn = aws_lambda_function.splat.qualified_arn
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "f_late" {
  secret_id           = aws_secretsmanager_secret.b.id
  rotation_lambda_arn = aws_lambda_function.dynamic.arn
  rotation_rules {
    automatically_after_days = 30
  }
}
resource "aws_secretsmanager_secret_rotation" "f_decoy" {
  secret_id           = aws_secretsmanager_secret.b.id
  rotation_lambda_arn = "arn:aws:lambda:eu-west-1:111122223333:function:${aws_s3_bucket.b.id}"
  rotation_rules {
    automatically_after_days = 30
  }
}
