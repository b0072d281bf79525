// The app whose assemblies stand beside this file: `node app.js` writes each of them. See ../README.md.
const { App, Duration, NestedStack, Stack, Stage } = require('aws-cdk-lib');
const ec2 = require('aws-cdk-lib/aws-ec2');
const iam = require('aws-cdk-lib/aws-iam');
const kms = require('aws-cdk-lib/aws-kms');
const lambda = require('aws-cdk-lib/aws-lambda');
const rds = require('aws-cdk-lib/aws-rds');
const secrets = require('aws-cdk-lib/aws-secretsmanager');

const env = { account: '111122223333', region: 'eu-west-1' };

const code = {
  runtime: lambda.Runtime.PYTHON_3_13,
  handler: 'index.handler',
  timeout: Duration.seconds(60),
  code: lambda.Code.fromInline('def handler(event, context): pass'),
};

function secret(scope, more) {
  return new secrets.Secret(scope, 'Secret', {
    secretName: 'prod/db',
    generateSecretString: { secretStringTemplate: '{"username": "app"}', generateStringKey: 'password' },
    ...more,
  });
}

// The CDK gives the role what it needs for the secret, and leaves this to whoever writes the function.
function finish(rotate) {
  rotate.addToRolePolicy(new iam.PolicyStatement({ actions: ['secretsmanager:GetRandomPassword'], resources: ['*'] }));
}

const every = { automaticallyAfter: Duration.days(30) };

// One stack: a function of our own in a VPC with an endpoint, and a key of our own.
class Own extends Stack {
  constructor(scope, id) {
    super(scope, id, { env });
    const vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: 'Inside', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
    });
    vpc.addInterfaceEndpoint('Endpoint', { service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER });
    const key = new kms.Key(this, 'Key', { enableKeyRotation: true });
    const rotate = new lambda.Function(this, 'Rotate', {
      ...code,
      functionName: 'rotate-db',
      vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    });
    finish(rotate);
    secret(this, { encryptionKey: key }).addRotationSchedule('Schedule', { rotationLambda: rotate, ...every });
  }
}

// The same without a VPC and key of its own, in two stacks of a stage, of which the second takes what the first exports.
class Secrets extends Stack {
  constructor(scope, id) {
    super(scope, id, { env });
    this.secret = secret(this);
  }
}

class Rotation extends Stack {
  constructor(scope, id, made) {
    super(scope, id, { env });
    const rotate = new lambda.Function(this, 'Rotate', { ...code, functionName: 'rotate-db' });
    finish(rotate);
    made.grantRead(rotate);
    made.grantWrite(rotate);
    new secrets.RotationSchedule(this, 'Schedule', { secret: made, rotationLambda: rotate, ...every });
  }
}

class Prod extends Stage {
  constructor(scope, id) {
    super(scope, id, { env });
    const { secret } = new Secrets(this, 'Secrets');
    new Rotation(this, 'Rotation', secret);
  }
}

// The function and its role in a nested stack, the secret in its parent.
class Functions extends NestedStack {
  constructor(scope, id) {
    super(scope, id);
    this.rotate = new lambda.Function(this, 'Rotate', { ...code, functionName: 'rotate-db' });
    finish(this.rotate);
  }
}

class Parent extends Stack {
  constructor(scope, id) {
    super(scope, id, { env });
    const { rotate } = new Functions(this, 'Functions');
    secret(this).addRotationSchedule('Schedule', { rotationLambda: rotate, ...every });
  }
}

function database(scope) {
  const vpc = new ec2.Vpc(scope, 'Vpc', {
    maxAzs: 2,
    natGateways: 1,
    restrictDefaultSecurityGroup: false,
  });
  const instance = new rds.DatabaseInstance(scope, 'Database', {
    engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_16 }),
    credentials: rds.Credentials.fromGeneratedSecret('app', { secretName: 'prod/db' }),
    vpc,
  });
  return { vpc, instance };
}

// The function that AWS's macro makes.
class Hosted extends Stack {
  constructor(scope, id) {
    super(scope, id, { env });
    const { vpc, instance } = database(this);
    const hostedRotation = secrets.HostedRotation.postgreSqlSingleUser({ functionName: 'rotate-db', vpc });
    instance.secret.addRotationSchedule('Schedule', { hostedRotation, ...every });
    instance.connections.allowDefaultPortFrom(hostedRotation);
  }
}

// The application of the Serverless Application Repository.
class Application extends Stack {
  constructor(scope, id) {
    super(scope, id, { env });
    const { instance } = database(this);
    instance.addRotationSingleUser();
  }
}

// The rotation of `../cloudformation/clean.yaml`, by the same names.
class Named extends Stack {
  constructor(scope, id) {
    super(scope, id, { env });
    const key = new kms.Key(this, 'Key', { enableKeyRotation: true });
    const database = secret(this);
    // The CDK would let the role use the key by kms:ViaService; here it is tied to the secret instead.
    database.node.defaultChild.kmsKeyId = key.keyArn;
    new secrets.Secret(this, 'Other', { secretName: 'other' });
    const role = new iam.Role(this, 'Role', {
      roleName: 'rotate-prod-db',
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        rotation: new iam.PolicyDocument({
          statements: [
            new iam.PolicyStatement({
              actions: ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].map((it) => `secretsmanager:${it}`),
              resources: [database.secretArn],
            }),
            new iam.PolicyStatement({ actions: ['secretsmanager:GetRandomPassword'], resources: ['*'] }),
            new iam.PolicyStatement({
              actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
              resources: [key.keyArn],
              conditions: { StringEquals: { 'kms:EncryptionContext:SecretARN': database.secretArn } },
            }),
          ],
        }),
      },
    });
    // A role that is not changed any more gets no policy of the schedule's.
    const rotate = new lambda.Function(this, 'Function', { ...code, functionName: 'rotate-prod-db', role: role.withoutPolicyUpdates() });
    const schedule = new secrets.CfnRotationSchedule(this, 'Schedule', {
      secretId: database.secretArn,
      rotationLambdaArn: rotate.functionArn,
      rotationRules: { automaticallyAfterDays: 30, duration: '3h' },
    });
    const permission = new lambda.CfnPermission(this, 'Permission', {
      functionName: rotate.functionName,
      action: 'lambda:InvokeFunction',
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: this.account,
      sourceArn: database.secretArn,
    });
    schedule.addResourceDependency(permission);
  }
}

const apps = {
  own: (app) => new Own(app, 'Own'),
  stage: (app) => new Prod(app, 'Prod'),
  nested: (app) => new Parent(app, 'Parent'),
  hosted: (app) => new Hosted(app, 'Hosted'),
  application: (app) => new Application(app, 'Application'),
  named: (app) => new Named(app, 'Named'),
};

const app = new App();
apps[process.env.ROTATION_APP](app);
app.synth();
