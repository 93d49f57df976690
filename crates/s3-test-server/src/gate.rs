//! What every request passes on its way to the store: the log, the faults, the region.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response};
use s3s::service::S3Service;

use crate::address::{Asked, Domains};
use crate::body::{Counted, Shaped};
use crate::fault::{Faults, Kind};
use crate::identity::Identities;
use crate::record::{Record, Records};
use crate::store::Store;

/// The way to the store.
pub(crate) struct Gate {
    pub(crate) service: S3Service,
    pub(crate) store: Arc<Store>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) records: Arc<Records>,
    pub(crate) identities: Identities,
    pub(crate) domains: Domains,
    pub(crate) requests: AtomicU64,
}

/// An answer of our own instead of the store's.
struct Refusal {
    status: u16,
    code: String,
    region: Option<String>,
}

impl Gate {
    /// Answers a request. An error closes the connection.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> io::Result<Response<Shaped>> {
        let asked = Asked::of(&request, &self.domains);
        let record = self.records.open(&asked);
        let faults = self.faults.for_request(&asked);
        let is_head = request.method() == Method::HEAD;
        let request =
            request.map(|body| s3s::Body::http_body_unsync(Counted::new(body, Arc::clone(&record))));

        let mut refusal = self.objection(&asked);
        for fault in &faults {
            match fault {
                Kind::Delay(time) => tokio::time::sleep(*time).await,
                Kind::Reset { work_first: false } => {
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
                Kind::Answer { status, code } => {
                    refusal = Some(Refusal { status: *status, code: code.clone(), region: None });
                }
                _ => {}
            }
        }
        if let Some(refusal) = refusal {
            // The caller sends its body to the end before it reads an answer.
            let _ = http_body_util::BodyExt::collect(request.into_body()).await;
            return Ok(self.dress(refusal.answer(is_head), &record, &faults));
        }

        let answer = self
            .service
            .call(request)
            .await
            .map_err(|error| io::Error::other(Box::<dyn std::error::Error + Send + Sync>::from(error)))?;
        if faults.iter().any(|fault| matches!(fault, Kind::Reset { .. })) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let answer = if faults.iter().any(|fault| matches!(fault, Kind::LostAnswer)) {
            Refusal { status: 500, code: "InternalError".to_owned(), region: None }.answer(is_head)
        } else {
            answer
        };
        Ok(self.dress(answer, &record, &faults))
    }

    /// What speaks against a request before its signature is looked at.
    fn objection(&self, asked: &Asked) -> Option<Refusal> {
        if let Some(access_key) = &asked.access_key
            && let Some((status, code)) =
                self.identities.objection(access_key, asked.token.as_deref(), asked.operation)
        {
            return Some(Refusal { status, code: code.to_owned(), region: None });
        }
        let signed_for = asked.region.as_deref()?;
        let region = self.store.region(&asked.bucket)?;
        // The endpoint of us-east-1 knows every bucket and says what to sign for; others send the caller away.
        let (status, code) = match signed_for {
            same if same == region => return None,
            "us-east-1" => (400, "AuthorizationHeaderMalformed"),
            _ => (301, "PermanentRedirect"),
        };
        Some(Refusal { status, code: code.to_owned(), region: Some(region) })
    }

    /// Numbers an answer, and does to its body what was ordered.
    fn dress(&self, answer: Response<s3s::Body>, record: &Arc<Record>, faults: &[Kind]) -> Response<Shaped> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        record.answered(answer.status().as_u16());
        let mut answer = answer.map(|body| {
            faults.iter().fold(Shaped::new(body, Arc::clone(record)), |body, fault| match fault {
                Kind::CutBody { after } => body.cut_after(*after),
                Kind::SlowBody { pause } => body.slow(*pause),
                _ => body,
            })
        });
        if let Ok(id) = HeaderValue::from_str(&format!("{number:016X}")) {
            answer.headers_mut().insert("x-amz-request-id", id);
        }
        answer
    }
}

impl Refusal {
    fn answer(&self, is_head: bool) -> Response<s3s::Body> {
        let region =
            self.region.as_ref().map_or(String::new(), |region| format!("<Region>{region}</Region>"));
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{0}</Code><Message>{0}</Message>{region}</Error>",
            self.code
        );
        let body = if is_head { s3s::Body::empty() } else { s3s::Body::from(text) };
        let mut answer = Response::new(body);
        if let Ok(status) = hyper::StatusCode::from_u16(self.status) {
            *answer.status_mut() = status;
        }
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        if let Some(Ok(region)) = self.region.as_deref().map(HeaderValue::from_str) {
            answer.headers_mut().insert("x-amz-bucket-region", region);
        }
        answer
    }
}
