//! What a request asks for.

use hyper::Method;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Operation {
    /// Reading an object or a range of it.
    GetObject,
    /// Reading what is known of an object.
    HeadObject,
    /// Writing an object in one request.
    PutObject,
    /// Copying an object.
    CopyObject,
    /// Deleting one object.
    DeleteObject,
    /// Deleting up to a thousand objects.
    DeleteObjects,
    /// A page of a listing.
    ListObjects,
    /// Starting a multipart upload.
    CreateMultipartUpload,
    /// Writing a part of an upload, also by copying.
    UploadPart,
    /// Making one object of an upload's parts.
    CompleteMultipartUpload,
    /// Throwing an upload away.
    AbortMultipartUpload,
    /// A page of the listing of an upload's parts.
    ListParts,
    /// A page of the listing of unfinished uploads.
    ListMultipartUploads,
    /// Anything about buckets.
    Bucket,
    /// Anything else.
    Other,
}

impl Operation {
    /// Tells it from a request's parts. `has` says whether the query names a parameter.
    pub(crate) fn of(method: &Method, has_key: bool, has: impl Fn(&str) -> bool, is_copy: bool) -> Self {
        match (method.as_str(), has_key) {
            ("GET", true) if has("uploadId") => Self::ListParts,
            ("GET", true) if has("tagging") || has("acl") => Self::Other,
            ("GET", true) => Self::GetObject,
            ("HEAD", true) => Self::HeadObject,
            ("PUT", true) if has("partNumber") => Self::UploadPart,
            ("PUT", true) if is_copy => Self::CopyObject,
            ("PUT", true) => Self::PutObject,
            ("POST", true) if has("uploads") => Self::CreateMultipartUpload,
            ("POST", true) if has("uploadId") => Self::CompleteMultipartUpload,
            ("DELETE", true) if has("uploadId") => Self::AbortMultipartUpload,
            ("DELETE", true) => Self::DeleteObject,
            ("POST", false) if has("delete") => Self::DeleteObjects,
            ("GET", false) if has("uploads") => Self::ListMultipartUploads,
            ("GET", false) if has("list-type") => Self::ListObjects,
            ("GET" | "PUT" | "HEAD" | "DELETE", false) => Self::Bucket,
            _ => Self::Other,
        }
    }

    /// Whether it changes nothing.
    pub(crate) fn is_reading(self) -> bool {
        matches!(
            self,
            Self::GetObject
                | Self::HeadObject
                | Self::ListObjects
                | Self::ListParts
                | Self::ListMultipartUploads
                | Self::Bucket
        )
    }
}
