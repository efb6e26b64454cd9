//! The two frontends call the same thing by the same kind, AWS's own, and know its ARN in AWS's own form.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its tables has failed")]

use std::collections::{BTreeMap, BTreeSet};

const TERRAFORM: &str = include_str!("../../terraform/src/resources/roles.txt");
const SHAPES: &str = include_str!("../../terraform/src/resources/shapes.txt");
const CLOUDFORMATION: &str = include_str!("../../cloudformation/src/resources/roles.txt");
const NAMES: &str = include_str!("../../cloudformation/src/eval/names.txt");

/// A CloudFormation type, and the Terraform resources that make or change the same thing.
#[rustfmt::skip]
const TWINS: &[(&str, &str)] = &[
    ("AWS::APS::Scraper", "aws_prometheus_scraper"),
    ("AWS::Amplify::App", "aws_amplify_app"),
    ("AWS::ApiGateway::Account", "aws_api_gateway_account"),
    ("AWS::AppConfig::ConfigurationProfile", "aws_appconfig_configuration_profile"),
    ("AWS::AppConfig::Environment", "aws_appconfig_environment"),
    ("AWS::AppFlow::ConnectorProfile", "aws_appflow_connector_profile"),
    ("AWS::AppFlow::Flow", "aws_appflow_flow"),
    ("AWS::AppRunner::Service", "aws_apprunner_service"),
    ("AWS::AppStream::Fleet", "aws_appstream_fleet"),
    ("AWS::AppStream::ImageBuilder", "aws_appstream_image_builder"),
    ("AWS::AppSync::Api", "aws_appsync_api"),
    ("AWS::AppSync::DataSource", "aws_appsync_datasource"),
    ("AWS::AppSync::GraphQLApi", "aws_appsync_graphql_api"),
    ("AWS::ApplicationAutoScaling::ScalableTarget", "aws_appautoscaling_target"),
    ("AWS::Athena::WorkGroup", "aws_athena_workgroup"),
    ("AWS::AutoScaling::AutoScalingGroup", "aws_autoscaling_group"),
    ("AWS::AutoScaling::LaunchConfiguration", "aws_launch_configuration"),
    ("AWS::AutoScaling::LifecycleHook", "aws_autoscaling_lifecycle_hook"),
    ("AWS::Backup::BackupPlan", "aws_backup_plan"),
    ("AWS::Backup::BackupSelection", "aws_backup_selection"),
    ("AWS::Backup::RestoreTestingSelection", "aws_backup_restore_testing_selection"),
    ("AWS::Batch::ComputeEnvironment", "aws_batch_compute_environment"),
    ("AWS::Batch::JobDefinition", "aws_batch_job_definition"),
    ("AWS::Batch::JobQueue", "aws_batch_job_queue"),
    ("AWS::Bedrock::Agent", "aws_bedrockagent_agent"),
    ("AWS::Bedrock::Flow", "aws_bedrockagent_flow"),
    ("AWS::Bedrock::KnowledgeBase", "aws_bedrockagent_knowledge_base"),
    ("AWS::BedrockAgentCore::BrowserCustom", "aws_bedrockagentcore_browser"),
    ("AWS::BedrockAgentCore::CodeInterpreterCustom", "aws_bedrockagentcore_code_interpreter"),
    ("AWS::BedrockAgentCore::Gateway", "aws_bedrockagentcore_gateway"),
    ("AWS::BedrockAgentCore::Memory", "aws_bedrockagentcore_memory aws_bedrockagentcore_memory_strategy"),
    ("AWS::BedrockAgentCore::Runtime", "aws_bedrockagentcore_agent_runtime"),
    ("AWS::Budgets::BudgetsAction", "aws_budgets_budget_action"),
    ("AWS::Chatbot::MicrosoftTeamsChannelConfiguration", "aws_chatbot_teams_channel_configuration"),
    ("AWS::Chatbot::SlackChannelConfiguration", "aws_chatbot_slack_channel_configuration"),
    ("AWS::Chime::MediaInsightsPipelineConfiguration", "aws_chimesdkmediapipelines_media_insights_pipeline_configuration"),
    ("AWS::CleanRooms::Membership", "aws_cleanrooms_membership"),
    ("AWS::CloudFormation::ResourceVersion", "aws_cloudformation_type"),
    ("AWS::CloudFormation::StackSet", "aws_cloudformation_stack_set"),
    ("AWS::CloudFront::RealtimeLogConfig", "aws_cloudfront_realtime_log_config"),
    ("AWS::CloudTrail::Trail", "aws_cloudtrail"),
    ("AWS::CloudWatch::MetricStream", "aws_cloudwatch_metric_stream"),
    ("AWS::CodeBuild::Fleet", "aws_codebuild_fleet"),
    ("AWS::CodeBuild::Project", "aws_codebuild_project"),
    ("AWS::CodeDeploy::DeploymentGroup", "aws_codedeploy_deployment_group"),
    ("AWS::CodePipeline::Pipeline", "aws_codepipeline"),
    ("AWS::Cognito::IdentityPool", "aws_cognito_identity_pool_roles_attachment"),
    ("AWS::Cognito::IdentityPoolRoleAttachment", "aws_cognito_identity_pool_roles_attachment"),
    ("AWS::Cognito::UserPoolClient", "aws_cognito_managed_user_pool_client aws_cognito_user_pool_client"),
    ("AWS::Cognito::UserPoolGroup", "aws_cognito_user_group"),
    ("AWS::Comprehend::DocumentClassifier", "aws_comprehend_document_classifier"),
    ("AWS::Comprehend::EntityRecognizer", "aws_comprehend_entity_recognizer"),
    ("AWS::Config::ConfigurationAggregator", "aws_config_configuration_aggregator"),
    ("AWS::Config::ConfigurationRecorder", "aws_config_configuration_recorder"),
    ("AWS::DAX::Cluster", "aws_dax_cluster"),
    ("AWS::DLM::LifecyclePolicy", "aws_dlm_lifecycle_policy"),
    ("AWS::DMS::Endpoint", "aws_dms_endpoint aws_dms_s3_endpoint"),
    ("AWS::DataPipeline::Pipeline", "aws_datapipeline_pipeline_definition"),
    ("AWS::DataSync::LocationEFS", "aws_datasync_location_efs"),
    ("AWS::DataSync::LocationS3", "aws_datasync_location_s3"),
    ("AWS::DataSync::Task", "aws_datasync_task"),
    ("AWS::DataZone::Domain", "aws_datazone_domain"),
    ("AWS::DataZone::EnvironmentBlueprintConfiguration", "aws_datazone_environment_blueprint_configuration"),
    ("AWS::EC2::EC2Fleet", "aws_ec2_fleet"),
    ("AWS::EC2::FlowLog", "aws_flow_log"),
    ("AWS::EC2::Instance", "aws_instance"),
    ("AWS::EC2::LaunchTemplate", "aws_launch_template"),
    ("AWS::EC2::SpotFleet", "aws_spot_fleet_request"),
    ("AWS::ECR::PullThroughCacheRule", "aws_ecr_pull_through_cache_rule"),
    ("AWS::ECR::RepositoryCreationTemplate", "aws_ecr_repository_creation_template"),
    ("AWS::ECS::CapacityProvider", "aws_ecs_capacity_provider"),
    ("AWS::ECS::ExpressGatewayService", "aws_ecs_express_gateway_service"),
    ("AWS::ECS::Service", "aws_ecs_express_gateway_service aws_ecs_service"),
    ("AWS::ECS::TaskDefinition", "aws_ecs_task_definition"),
    ("AWS::ECS::TaskSet", "aws_ecs_task_set"),
    ("AWS::EKS::Addon", "aws_eks_addon"),
    ("AWS::EKS::Capability", "aws_eks_capability"),
    ("AWS::EKS::Cluster", "aws_eks_cluster"),
    ("AWS::EKS::FargateProfile", "aws_eks_fargate_profile"),
    ("AWS::EKS::Nodegroup", "aws_eks_node_group"),
    ("AWS::EKS::PodIdentityAssociation", "aws_eks_pod_identity_association"),
    ("AWS::EMR::Cluster", "aws_emr_cluster"),
    ("AWS::EMR::Studio", "aws_emr_studio"),
    ("AWS::EMRContainers::JobTemplate", "aws_emrcontainers_job_template"),
    ("AWS::ElasticBeanstalk::Application", "aws_elastic_beanstalk_application"),
    ("AWS::ElasticBeanstalk::ConfigurationTemplate", "aws_elastic_beanstalk_configuration_template"),
    ("AWS::ElasticBeanstalk::Environment", "aws_elastic_beanstalk_environment"),
    ("AWS::Elasticsearch::Domain", "aws_elasticsearch_domain aws_opensearch_domain"),
    ("AWS::Events::Endpoint", "aws_cloudwatch_event_endpoint"),
    ("AWS::Events::Rule", "aws_cloudwatch_event_rule aws_cloudwatch_event_target"),
    ("AWS::FIS::ExperimentTemplate", "aws_fis_experiment_template"),
    ("AWS::FIS::TargetAccountConfiguration", "aws_fis_target_account_configuration"),
    ("AWS::GameLift::Build", "aws_gamelift_build"),
    ("AWS::GameLift::Fleet", "aws_gamelift_fleet"),
    ("AWS::GameLift::GameServerGroup", "aws_gamelift_game_server_group"),
    ("AWS::GameLift::Script", "aws_gamelift_script"),
    ("AWS::Glue::Catalog", "aws_glue_data_catalog_encryption_settings"),
    ("AWS::Glue::Crawler", "aws_glue_crawler"),
    ("AWS::Glue::DevEndpoint", "aws_glue_dev_endpoint"),
    ("AWS::Glue::Job", "aws_glue_job"),
    ("AWS::Glue::MLTransform", "aws_glue_ml_transform"),
    ("AWS::Glue::TableOptimizer", "aws_glue_catalog_table_optimizer"),
    ("AWS::Grafana::Workspace", "aws_grafana_workspace"),
    ("AWS::GuardDuty::MalwareProtectionPlan", "aws_guardduty_malware_protection_plan"),
    ("AWS::ImageBuilder::Image", "aws_imagebuilder_image"),
    ("AWS::ImageBuilder::ImagePipeline", "aws_imagebuilder_image_pipeline"),
    ("AWS::ImageBuilder::InfrastructureConfiguration", "aws_imagebuilder_infrastructure_configuration"),
    ("AWS::ImageBuilder::LifecyclePolicy", "aws_imagebuilder_lifecycle_policy"),
    ("AWS::IoT::CACertificate", "aws_iot_ca_certificate"),
    ("AWS::IoT::Logging", "aws_iot_logging_options"),
    ("AWS::IoT::ProvisioningTemplate", "aws_iot_provisioning_template"),
    ("AWS::IoT::RoleAlias", "aws_iot_role_alias"),
    ("AWS::IoT::TopicRule", "aws_iot_topic_rule"),
    ("AWS::IoT::TopicRuleDestination", "aws_iot_topic_rule_destination"),
    ("AWS::KafkaConnect::Connector", "aws_mskconnect_connector"),
    ("AWS::Kendra::DataSource", "aws_kendra_data_source"),
    ("AWS::Kendra::Faq", "aws_kendra_faq"),
    ("AWS::Kendra::Index", "aws_kendra_index"),
    ("AWS::Kendra::QuerySuggestionsBlockList", "aws_kendra_query_suggestions_block_list"),
    ("AWS::Kendra::Thesaurus", "aws_kendra_thesaurus"),
    ("AWS::KinesisAnalytics::Application", "aws_kinesis_analytics_application"),
    ("AWS::KinesisAnalyticsV2::Application", "aws_kinesisanalyticsv2_application"),
    ("AWS::KinesisFirehose::DeliveryStream", "aws_kinesis_firehose_delivery_stream"),
    ("AWS::LakeFormation::Resource", "aws_lakeformation_resource"),
    ("AWS::Lambda::CapacityProvider", "aws_lambda_capacity_provider"),
    ("AWS::Lambda::Function", "aws_lambda_function"),
    ("AWS::Lex::Bot", "aws_lexv2models_bot"),
    ("AWS::Logs::Destination", "aws_cloudwatch_log_destination"),
    ("AWS::Logs::SubscriptionFilter", "aws_cloudwatch_log_subscription_filter"),
    ("AWS::M2::Application", "aws_m2_application"),
    ("AWS::MSK::Replicator", "aws_msk_replicator"),
    ("AWS::MWAA::Environment", "aws_mwaa_environment"),
    ("AWS::MediaLive::Channel", "aws_medialive_channel"),
    ("AWS::MediaLive::Input", "aws_medialive_input"),
    ("AWS::Neptune::DBCluster", "aws_neptune_cluster"),
    ("AWS::OpenSearchService::Domain", "aws_elasticsearch_domain aws_opensearch_domain"),
    ("AWS::OpsWorks::Layer", "aws_opsworks_custom_layer aws_opsworks_ecs_cluster_layer aws_opsworks_ganglia_layer aws_opsworks_haproxy_layer aws_opsworks_java_app_layer aws_opsworks_memcached_layer aws_opsworks_mysql_layer aws_opsworks_nodejs_app_layer aws_opsworks_php_app_layer aws_opsworks_rails_app_layer aws_opsworks_static_web_layer"),
    ("AWS::OpsWorks::Stack", "aws_opsworks_stack"),
    ("AWS::Pinpoint::EmailChannel", "aws_pinpoint_email_channel"),
    ("AWS::Pinpoint::EventStream", "aws_pinpoint_event_stream"),
    ("AWS::PinpointEmail::ConfigurationSetEventDestination", "aws_sesv2_configuration_set_event_destination"),
    ("AWS::Pipes::Pipe", "aws_pipes_pipe"),
    ("AWS::QBusiness::Application", "aws_qbusiness_application"),
    ("AWS::QLDB::Stream", "aws_qldb_stream"),
    ("AWS::QuickSight::DataSource", "aws_quicksight_data_source"),
    ("AWS::QuickSight::VPCConnection", "aws_quicksight_vpc_connection"),
    ("AWS::RDS::DBCluster", "aws_rds_cluster aws_rds_cluster_role_association"),
    ("AWS::RDS::DBInstance", "aws_db_instance aws_db_instance_role_association aws_rds_cluster_instance"),
    ("AWS::RDS::DBProxy", "aws_db_proxy"),
    ("AWS::RUM::AppMonitor", "aws_rum_app_monitor"),
    ("AWS::Redshift::Cluster", "aws_redshift_cluster aws_redshift_cluster_iam_roles"),
    ("AWS::Redshift::ScheduledAction", "aws_redshift_scheduled_action"),
    ("AWS::RedshiftServerless::Namespace", "aws_redshiftserverless_namespace"),
    ("AWS::Rekognition::StreamProcessor", "aws_rekognition_stream_processor"),
    ("AWS::RolesAnywhere::Profile", "aws_rolesanywhere_profile"),
    ("AWS::S3::AccessGrantsLocation", "aws_s3control_access_grants_location"),
    ("AWS::S3::Bucket", "aws_s3_bucket aws_s3_bucket_replication_configuration"),
    ("AWS::S3Tables::TableBucket", "aws_s3tables_table_bucket_replication"),
    ("AWS::SES::ConfigurationSetEventDestination", "aws_ses_event_destination aws_sesv2_configuration_set_event_destination"),
    ("AWS::SES::ReceiptRule", "aws_ses_receipt_rule"),
    ("AWS::SMSVOICE::PhoneNumber", "aws_pinpointsmsvoicev2_phone_number"),
    ("AWS::SNS::Subscription", "aws_sns_topic_subscription"),
    ("AWS::SNS::Topic", "aws_sns_topic"),
    ("AWS::SSM::Association", "aws_ssm_association"),
    ("AWS::SSM::MaintenanceWindowTask", "aws_ssm_maintenance_window_task"),
    ("AWS::SSMIncidents::ResponsePlan", "aws_ssmincidents_response_plan"),
    ("AWS::SSMQuickSetup::ConfigurationManager", "aws_ssmquicksetup_configuration_manager"),
    ("AWS::SageMaker::DataQualityJobDefinition", "aws_sagemaker_data_quality_job_definition"),
    ("AWS::SageMaker::DeviceFleet", "aws_sagemaker_device_fleet"),
    ("AWS::SageMaker::Domain", "aws_sagemaker_domain"),
    ("AWS::SageMaker::Endpoint", "aws_sagemaker_endpoint"),
    ("AWS::SageMaker::EndpointConfig", "aws_sagemaker_endpoint_configuration"),
    ("AWS::SageMaker::FeatureGroup", "aws_sagemaker_feature_group"),
    ("AWS::SageMaker::Image", "aws_sagemaker_image"),
    ("AWS::SageMaker::MlflowTrackingServer", "aws_sagemaker_mlflow_tracking_server"),
    ("AWS::SageMaker::Model", "aws_sagemaker_model"),
    ("AWS::SageMaker::NotebookInstance", "aws_sagemaker_notebook_instance"),
    ("AWS::SageMaker::Pipeline", "aws_sagemaker_pipeline"),
    ("AWS::SageMaker::UserProfile", "aws_sagemaker_user_profile"),
    ("AWS::Scheduler::Schedule", "aws_scheduler_schedule"),
    ("AWS::SecurityLake::DataLake", "aws_securitylake_data_lake"),
    ("AWS::SecurityLake::SubscriberNotification", "aws_securitylake_subscriber_notification"),
    ("AWS::Shield::DRTAccess", "aws_shield_drt_access_role_arn_association"),
    ("AWS::StepFunctions::StateMachine", "aws_sfn_state_machine"),
    ("AWS::StorageGateway::NFSFileShare", "aws_storagegateway_nfs_file_share"),
    ("AWS::StorageGateway::SMBFileShare", "aws_storagegateway_smb_file_share"),
    ("AWS::Synthetics::Canary", "aws_synthetics_canary"),
    ("AWS::Timestream::ScheduledQuery", "aws_timestreamquery_scheduled_query"),
    ("AWS::Transfer::Agreement", "aws_transfer_agreement"),
    ("AWS::Transfer::Connector", "aws_transfer_connector"),
    ("AWS::Transfer::Server", "aws_transfer_server"),
    ("AWS::Transfer::User", "aws_transfer_user"),
    ("AWS::Transfer::WebApp", "aws_transfer_web_app"),
];

/// Kinds for which AWS's service authorization reference lists no resource type.
#[rustfmt::skip]
const UNLISTED: &[&str] = &[
    "account-access:entitlement", "appsync:datasource", "ask:skill",
    "autoscaling:lifecycle-hook", "backup:restoreTestingSelection", "backup:selection",
    "bcm:scheduled-report", "bedrock:model-invocation-logging", "cloudformation:cloud-control-resource",
    "cloudformation:macro", "cloudformation:typeHook", "cloudwatch:log-alarm",
    "codestar-connections:sync-configuration", "cognito-idp:group", "cognito-idp:userpoolclient",
    "datazone:connection", "datazone:data-source", "datazone:environment",
    "datazone:environment-blueprint-configuration", "datazone:project", "datazone:subscription-target",
    "dax:cluster", "directconnect:direct-connect-gateway-association", "ec2:enclave-certificate-iam-role-association",
    "ecr:pull-through-cache-rule", "ecr:repository-creation-template", "ecs:gateway",
    "events:rule", "fms:notification-channel", "gammadilithium:job-definition",
    "glue:data-catalog-encryption-settings", "glue:table-optimizer", "iot:account-audit-configuration",
    "iot:encryption-configuration", "iot:logging-options", "lakeformation:resource",
    "lambda:web-function-revision", "lex:bot-alias", "logs:integration",
    "logs:subscription-filter", "nimblestudio:studio", "opsworks:layer",
    "rds:export-task", "redshift:scheduled-action", "resource-groups:tagSyncTask",
    "secretsmanager:rotation-schedule", "securityagent:pentest", "securitylake:custom-log-source",
    "servicecatalog:launch-role-constraint", "servicecatalog:service-action", "servicecatalog:stack-set-constraint",
    "ses:event-destination", "ses:receipt-rule", "shield:drt-access",
    "sns:platform-application", "sns:sms-preferences", "sns:subscription",
    "ssm:activation", "supportapp:slack-channel-configuration", "transfer:access",
];

/// Kinds whose ARN AWS lists in another form than it has, and where that is said.
#[rustfmt::skip]
const OTHER_FORMS: &[(&str, &str)] = &[
    ("batch:job-definition", "a revision stands behind the name: docs.aws.amazon.com/batch/latest/APIReference/API_RegisterJobDefinition.html"),
    ("cloudformation:stackset", "name and id stand in one attribute"),
    ("cognito-identity:identitypool", "an id is REGION:GUID: docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_CreateIdentityPool.html"),
    ("ecs:service", "the cluster may be written as a name or an ARN"),
];

fn lines(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter(|l| !l.starts_with(['#', '!']))
}

/// What a table of roles says a resource is, by resource.
fn kinds(table: &'static str) -> BTreeMap<&'static str, &'static str> {
    lines(table)
        .map(|l| l.split(' '))
        .map(|mut w| (w.next().unwrap(), w.next().unwrap()))
        .collect()
}

/// ARNs of the catalogue's resource types, by kind.
fn listed() -> BTreeMap<String, Vec<&'static str>> {
    let mut listed: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for action in rolecall_catalog::all_actions() {
        for of in rolecall_catalog::resource_types(action.id) {
            let arns = listed.entry(format!("{}:{}", action.service, of.name)).or_default();
            if !arns.contains(&of.arn) {
                arns.push(of.arn);
            }
        }
    }
    listed
}

/// `AWS::EC2::EC2Fleet` as `awscc_ec2_ec2_fleet`.
fn awscc(of: &str) -> String {
    let mut parts = of.split("::").skip(1);
    let service = parts.next().unwrap().to_lowercase();
    let letters: Vec<char> = parts.next().unwrap().chars().collect();
    let mut name = String::new();
    for (i, c) in letters.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| letters.get(i));
        let starts = c.is_uppercase()
            && before.is_some_and(|b| !b.is_uppercase() || letters.get(i + 1).is_some_and(|n| n.is_lowercase()));
        if starts {
            name.push('_');
        }
        name.extend(c.to_lowercase());
    }
    format!("awscc_{service}_{name}")
}

#[test]
fn both_frontends_call_the_same_thing_alike() {
    let (terraform, cloudformation) = (kinds(TERRAFORM), kinds(CLOUDFORMATION));
    let mut wrong = Vec::new();
    for (of, twins) in TWINS {
        for twin in twins.split(' ') {
            // Resources that stand in neither table of roles have no role property of their own.
            if let (Some(a), Some(b)) = (cloudformation.get(of), terraform.get(twin))
                && a != b
            {
                wrong.push(format!("{of} is {a}, {twin} is {b}"));
            }
        }
    }
    for (of, kind) in &cloudformation {
        if let Some(other) = terraform.get(awscc(of).as_str()).filter(|k| *k != kind) {
            wrong.push(format!("{of} is {kind}, its awscc twin {other}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let known: BTreeSet<String> = cloudformation.keys().map(|of| awscc(of)).collect();
    let strays: Vec<_> = terraform
        .keys()
        .filter(|t| t.starts_with("awscc_") && !known.contains(**t))
        .collect();
    assert_eq!(
        strays,
        [&"awscc_cloudformation_stack"],
        "`AWS::CloudFormation::Stack` has no role of its own"
    );
}

#[test]
fn kinds_are_resource_types_of_the_service_authorization_reference() {
    let listed = listed();
    let all: BTreeSet<&str> = kinds(TERRAFORM)
        .into_values()
        .chain(kinds(CLOUDFORMATION).into_values())
        .collect();
    let unlisted: Vec<&str> = all.into_iter().filter(|k| !listed.contains_key(*k)).collect();
    assert_eq!(unlisted, UNLISTED);
}

/// The text with `X` for what stands in braces.
fn filled(form: &str) -> String {
    let short = form.trim_start_matches('@');
    let middle = match form.len() - short.len() {
        0 => String::new(),
        marks => {
            let service = short.split(':').next().unwrap();
            let region = if marks == 1 { "X" } else { "" };
            let account = if marks < 3 { "X" } else { "" };
            format!("arn:X:{service}:{region}:{account}")
        }
    };
    let rest = if middle.is_empty() {
        form
    } else {
        short.find(':').and_then(|at| short.get(at..)).unwrap()
    };
    let mut out = middle;
    let mut rest = rest;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before.strip_suffix('$').unwrap_or(before));
        let (hole, after) = after.split_once('}').unwrap();
        // What stands there only when a property is written is left out.
        if !hole.contains('?') || hole.len() == 1 {
            out.push('X');
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// True iff the ARN is one of the published form: the same fields and steps, where `X` stands for any letters.
fn agrees(ours: &str, published: &str) -> bool {
    let (ours, published) = (filled(ours), filled(published));
    let steps = |t: &str| t.split([':', '/']).map(str::to_owned).collect::<Vec<_>>();
    let (ours, published) = (steps(&ours), steps(&published));
    ours.len() == published.len()
        && ours
            .iter()
            .zip(&published)
            .all(|(a, b)| a == b || b == "*" || b == "X" && a.contains('X') || a == "X")
}

#[test]
fn arns_have_the_published_forms() {
    let listed = listed();
    let mut wrong = Vec::new();
    let mut compared = 0;
    let mut compare = |of: &str, kind: &str, arn: &str| {
        if OTHER_FORMS.iter().any(|(k, _)| *k == kind) {
            return;
        }
        if let Some(published) = listed.get(kind) {
            compared += 1;
            if !published.iter().any(|p| agrees(arn, p)) {
                wrong.push(format!("{of}: {arn}, published {published:?}"));
            }
        }
    };
    let (terraform, cloudformation) = (kinds(TERRAFORM), kinds(CLOUDFORMATION));
    for line in lines(NAMES) {
        let words: Vec<&str> = line.split(' ').collect();
        if let Some(kind) = cloudformation.get(words[0]).filter(|_| words[3] != "-") {
            compare(words[0], kind, words[3]);
        }
    }
    for line in lines(SHAPES) {
        let (of, pairs) = line.split_once(' ').unwrap();
        let own = pairs.split(' ').filter_map(|p| p.split_once('='));
        let arn = own.clone().find(|(n, _)| *n == "arn").or_else(|| {
            let ends = |n: &str| n.ends_with("_arn") && !["execution_arn", "iam_arn", "stream_arn"].contains(&n);
            own.clone().find(|(n, _)| ends(n))
        });
        if let (Some(kind), Some((_, arn))) = (terraform.get(of), arn) {
            let inner = |hole: &str| own.clone().find(|(n, _)| *n == hole).map(|(_, t)| t.to_owned());
            let whole = arn.strip_prefix('{').and_then(|h| h.strip_suffix('}')).and_then(inner);
            compare(of, kind, whole.as_deref().unwrap_or(arn));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(compared > 400, "{compared}");
}
