use rolecall_facts::PolicyRef;
use rolecall_source::{Sources, json};

/// The inline policies and the policies of a template's configuration, printed.
fn policies(text: &str) -> Vec<String> {
    let sources = Sources::in_memory(&[("t.yaml", text)]);
    let output = crate::analyze(&sources, &crate::Options::default());
    let configuration = &output.configurations[0];
    let inline = configuration.attachments.iter().filter_map(|a| match &a.policy {
        PolicyRef::Inline { name, body } => Some((name.as_ref()?.to_string(), json::write(body).to_string())),
        PolicyRef::Managed(_) => None,
    });
    let managed = configuration
        .policies
        .iter()
        .map(|p| (p.origin.address.to_string(), json::write(&p.body).to_string()));
    inline
        .chain(managed)
        .map(|(name, body)| format!("{name} {body}"))
        .collect()
}

#[test]
fn schemas_of_kafka_records_are_read_from_their_registry() {
    let found = policies(
        r"
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        E:
          Type: MSK
          Properties:
            Stream: arn:aws:kafka:eu-west-1:123456789012:cluster/c/1
            SchemaRegistryConfig:
              SchemaRegistryURI: !Sub arn:${AWS::Partition}:glue:eu-west-1:123456789012:registry/r
              AccessConfigs: [{Type: BASIC_AUTH, URI: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:s'}]
            DestinationConfig: {OnFailure: {Type: S3, Destination: 'arn:aws:s3:::b'}}
",
    );
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found[0].starts_with("FES3Policy ") && found[0].contains(r#""Resource":"arn:aws:s3:::b/*""#),
        "{found:#?}"
    );
    for words in [
        r#"["secretsmanager:GetSecretValue"]"#,
        r#""Resource":"arn:aws:glue:eu-west-1:123456789012:registry/r""#,
        ":schema/r/*",
    ] {
        let same = words.replace(['[', ']'], "");
        assert!(
            found[1].contains(words) || found[1].contains(&same),
            "{words}: {found:#?}"
        );
    }
}

#[test]
fn data_sources_get_a_role_and_what_they_read() {
    let found = policies(
        r"
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::GraphQLApi
    Properties:
      DataSources:
        DynamoDb:
          Items: {TableName: items, Region: eu-west-1}
          Own: {TableName: own, ServiceRoleArn: 'arn:aws:iam::123456789012:role/own'}
        Lambda:
          Code: {FunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:f'}
",
    );
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found[0].starts_with("t.yaml#ApiItemsDynamoDBDataSourceToTableConnectorPolicy "),
        "{found:#?}"
    );
    assert!(
        found[0].contains(":dynamodb:eu-west-1:⟨account⟩:table/items/index/*"),
        "{found:#?}"
    );
    assert!(
        found[1].starts_with("t.yaml#ApiCodeLambdaDataSourceToLambdaConnectorPolicy "),
        "{found:#?}"
    );
    assert!(found[1].contains("function:f:*"), "{found:#?}");
}
