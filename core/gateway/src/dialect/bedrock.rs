//! The Bedrock family: the model and the operation are in the path.

use super::table::Builtin;

const OPERATION: Builtin = Builtin { model: None, stream: None, errors: "bedrock", ..Builtin::JSON };

pub(super) const FAMILY: [Builtin; 3] = [
    Builtin { name: "bedrock.converse", paths: &["/model/{model}/converse"], stream_paths: &["/model/{model}/converse-stream"], ..OPERATION },
    Builtin { name: "bedrock.invoke", paths: &["/model/{model}/invoke"], stream_paths: &["/model/{model}/invoke-with-response-stream"], ..OPERATION },
    Builtin { name: "bedrock.count_tokens", paths: &["/model/{model}/count-tokens"], ..OPERATION },
];
