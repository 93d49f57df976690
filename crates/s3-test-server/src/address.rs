//! Which bucket and key a request is about.

use hyper::Request;
use hyper::header::{AUTHORIZATION, HOST};
use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

use crate::Operation;

/// The domains whose subdomains are buckets.
#[derive(Clone, Debug)]
pub(crate) struct Domains(pub(crate) Vec<String>);

impl Domains {
    /// The bucket that a host is of. None: the path begins with it.
    fn bucket<'a>(&self, host: &'a str) -> Option<&'a str> {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        self.0
            .iter()
            .filter_map(|domain| name.strip_suffix(domain.as_str())?.strip_suffix('.'))
            .find(|bucket| !bucket.is_empty())
    }
}

impl S3Host for Domains {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let whole = VirtualHost::new(host);
        Ok(match self.bucket(host) {
            Some(bucket) => whole.with_bucket(bucket),
            None => whole,
        })
    }
}

/// What a request is about, told from its head alone.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) operation: Operation,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) access_key: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) range: Option<String>,
}

impl Asked {
    pub(crate) fn of<B>(request: &Request<B>, domains: &Domains) -> Self {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let query: Vec<(String, String)> = request
            .uri()
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decode(name), decode(value)))
            .collect();
        let parameter =
            |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());

        let path = decode(request.uri().path().trim_start_matches('/'));
        let host = header(HOST.as_str()).unwrap_or_default();
        let (bucket, key) = match domains.bucket(host) {
            Some(bucket) => (bucket.to_owned(), path),
            None => match path.split_once('/') {
                Some((bucket, key)) => (bucket.to_owned(), key.to_owned()),
                None => (path, String::new()),
            },
        };
        let credential = header(AUTHORIZATION.as_str())
            .and_then(|value| value.split_once("Credential=")?.1.split(',').next())
            .or_else(|| parameter("X-Amz-Credential"));
        let mut scope = credential.into_iter().flat_map(|credential| credential.split('/'));
        let operation = Operation::of(
            request.method(),
            !key.is_empty(),
            |name| parameter(name).is_some(),
            header("x-amz-copy-source").is_some(),
        );
        // A listing is about the keys that begin so.
        let key = if key.is_empty() { parameter("prefix").unwrap_or_default().to_owned() } else { key };
        Self {
            operation,
            bucket,
            key,
            access_key: scope.next().map(str::to_owned),
            region: scope.nth(1).map(str::to_owned),
            token: header("x-amz-security-token")
                .or_else(|| parameter("X-Amz-Security-Token"))
                .map(str::to_owned),
            range: header("range").map(str::to_owned),
        }
    }
}

/// Undoes percent-encoding. What is not UTF-8 then is replaced: it is looked at, never stored.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, behind @ ..] = rest {
        let digits = behind.get(..2).filter(|_| *byte == b'%').and_then(|two| std::str::from_utf8(two).ok());
        let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(value.unwrap_or(*byte));
        rest = if value.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, host: &str, path: &str) -> Asked {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", host)
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AK/20261125/eu-west-1/s3/aws4_request, Signed",
            )
            .body(())
            .unwrap();
        Asked::of(&request, &Domains(vec!["localhost".to_owned()]))
    }

    #[test]
    fn a_bucket_is_in_the_path_or_in_the_host() {
        let path = asked("GET", "127.0.0.1:80", "/b/a%20b/c?partNumber=1");
        assert_eq!((path.bucket.as_str(), path.key.as_str()), ("b", "a b/c"));
        let host = asked("GET", "b.localhost:80", "/a%20b//c");
        assert_eq!((host.bucket.as_str(), host.key.as_str()), ("b", "a b//c"));
        assert_eq!(host.access_key.as_deref(), Some("AK"));
        assert_eq!(host.region.as_deref(), Some("eu-west-1"));
    }

    #[test]
    fn an_operation_is_told_by_method_and_query() {
        let operation = |method, path| asked(method, "x", path).operation;
        assert_eq!(operation("GET", "/b?list-type=2&prefix=a%2F"), Operation::ListObjects);
        assert_eq!(operation("GET", "/b/?uploads"), Operation::ListMultipartUploads);
        assert_eq!(operation("POST", "/b/k?uploads"), Operation::CreateMultipartUpload);
        assert_eq!(operation("PUT", "/b/k?partNumber=2&uploadId=7"), Operation::UploadPart);
        assert_eq!(operation("POST", "/b/k?uploadId=7"), Operation::CompleteMultipartUpload);
        assert_eq!(operation("POST", "/b?delete"), Operation::DeleteObjects);
        assert_eq!(operation("PUT", "/b/k?x-id=PutObject"), Operation::PutObject);
        assert_eq!(operation("HEAD", "/b"), Operation::Bucket);
    }
}
