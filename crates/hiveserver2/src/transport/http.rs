//! HTTP: each message is the body of a POST. The session does not depend on the connection.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hive_thrift::Host;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, HeaderValue, SET_COOKIE};
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;

use super::{password_or_placeholder, too_long};
use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};

/// How much of an error page is kept for the message.
const MAX_PAGE_BYTES: usize = 4 << 10;

/// A server's HTTP endpoint, the connection that is open to it and the cookies it gave.
pub(crate) struct HttpConnection {
    config: Config,
    host: Host,
    path: String,
    login: Login,
    cookies: Vec<(String, String)>,
    open: Option<Open>,
}

/// What a request says of who sends it.
enum Login {
    /// User and password, the same each time.
    Basic(HeaderValue),
    /// A token of its own for each request that has no cookie yet.
    #[cfg(feature = "kerberos")]
    Negotiate(hive_thrift::Kerberos),
}

/// One TCP connection. Its driver ends with it.
struct Open {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

/// An answer whose body is not read yet.
struct Answer {
    response: Response<Incoming>,
    open: Open,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl HttpConnection {
    pub(crate) async fn open(config: &Config, host: &Host, path: &str) -> Result<Self> {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let mut connection = Self {
            config: config.clone(),
            host: host.clone(),
            path,
            login: Login::of(config)?,
            cookies: Vec::new(),
            open: None,
        };
        connection.open = Some(connection.connect().await?);
        Ok(connection)
    }

    pub(crate) async fn round_trip(&mut self, message: Vec<u8>) -> Result<Bytes> {
        let message = Bytes::from(message);
        let mut response = self.send(message.clone()).await?;
        if response.response.status() == StatusCode::UNAUTHORIZED
            && self.login.is_left_to_the_cookie(&self.cookies)
        {
            // The server has forgotten the cookie, and has not looked at the request: it may be sent again.
            self.cookies.clear();
            self.open = None;
            response = self.send(message).await?;
        }
        self.keep_cookies(response.response.headers());
        let answer = read(response.response, self.config.max_message_bytes).await?;
        self.open = Some(response.open);
        Ok(answer)
    }

    /// Sends one request, and gives the head of its answer with the connection that the body comes on.
    async fn send(&mut self, message: Bytes) -> Result<Answer> {
        let request = self.request(message).await?;
        // Taken out: if this future is dropped half way, the connection goes with it and the next call opens another.
        let mut open = match self.open.take() {
            Some(open) if !open.sender.is_closed() => open,
            _ => self.connect().await?,
        };
        let response = match open.sender.try_send_request(request).await {
            Ok(response) => response,
            Err(mut error) => match error.take_message() {
                // The server closed an idle connection and never saw the request: it may be sent again.
                Some(request) => {
                    open = self.connect().await?;
                    open.sender.send_request(request).await.map_err(lost)?
                }
                None => return Err(lost(error.into_error())),
            },
        };
        Ok(Answer { response, open })
    }

    async fn connect(&self) -> Result<Open> {
        let stream = hive_thrift::connect(&self.host, self.config.tls.as_ref()).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| {
            Error::new(ErrorKind::Unavailable, "The HTTP connection cannot be opened").with_source(error)
        })?;
        // An error of the connection also reaches the request that waits on it.
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Open { sender, driver })
    }

    async fn request(&self, message: Bytes) -> Result<Request<Full<Bytes>>> {
        let mut request = Request::post(self.path.as_str())
            .header(HOST, self.host.to_string())
            .header(CONTENT_TYPE, "application/x-thrift")
            // A server with the filter against forged requests wants any value.
            .header("X-XSRF-HEADER", "true");
        if let Some(authorization) = self.login.header(&self.host, &self.cookies).await? {
            request = request.header(AUTHORIZATION, authorization);
        }
        if !self.cookies.is_empty() {
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, cookies.join("; "));
        }
        request.body(Full::new(message)).map_err(|error| {
            Error::new(ErrorKind::InvalidConfig, "The HTTP path is not valid").with_source(error)
        })
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        for header in headers.get_all(SET_COOKIE) {
            let Some(cookie) = header.to_str().ok().and_then(|text| text.split(';').next()) else { continue };
            let Some((name, value)) = cookie.trim().split_once('=') else { continue };
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }
}

impl Login {
    fn of(config: &Config) -> Result<Self> {
        #[cfg(feature = "kerberos")]
        if let Some(kerberos) = &config.kerberos {
            return Ok(Self::Negotiate(kerberos.clone()));
        }
        let login = STANDARD.encode(format!("{}:{}", config.user, password_or_placeholder(config)));
        authorization("Basic", &login).map(Self::Basic)
    }

    /// The request's header, unless the cookie alone will do.
    #[cfg_attr(
        not(feature = "kerberos"),
        allow(clippy::unused_async, unused_variables, reason = "only Kerberos needs them")
    )]
    async fn header(&self, host: &Host, cookies: &[(String, String)]) -> Result<Option<HeaderValue>> {
        match self {
            // Sent along with the cookie: a server that has forgotten the cookie logs in anew by it.
            Self::Basic(header) => Ok(Some(header.clone())),
            #[cfg(feature = "kerberos")]
            Self::Negotiate(_) if !cookies.is_empty() => Ok(None),
            #[cfg(feature = "kerberos")]
            Self::Negotiate(kerberos) => {
                let token = kerberos.negotiate(host).await?;
                authorization("Negotiate", &STANDARD.encode(token)).map(Some)
            }
        }
    }

    /// Whether the request went without a login of its own.
    #[cfg_attr(not(feature = "kerberos"), allow(unused_variables, reason = "only Kerberos needs them"))]
    fn is_left_to_the_cookie(&self, cookies: &[(String, String)]) -> bool {
        match self {
            Self::Basic(_) => false,
            #[cfg(feature = "kerberos")]
            Self::Negotiate(_) => !cookies.is_empty(),
        }
    }
}

fn authorization(scheme: &str, login: &str) -> Result<HeaderValue> {
    let mut header = HeaderValue::try_from(format!("{scheme} {login}"))
        .map_err(|error| Error::new(ErrorKind::InvalidConfig, "The login is no header").with_source(error))?;
    header.set_sensitive(true);
    Ok(header)
}

/// Reads the answer's body, never more than `limit` bytes of it.
async fn read(response: Response<Incoming>, limit: usize) -> Result<Bytes> {
    let status = response.status();
    if status != StatusCode::OK {
        return Err(refusal(status, response).await);
    }
    match Limited::new(response.into_body(), limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(too_long(limit)),
        Err(error) => Err(lost(error)),
    }
}

async fn refusal(status: StatusCode, response: Response<Incoming>) -> Error {
    let page = Limited::new(response.into_body(), MAX_PAGE_BYTES).collect().await;
    let page =
        page.map(|body| String::from_utf8_lossy(&body.to_bytes()).trim().to_owned()).unwrap_or_default();
    let (kind, message) = match status {
        StatusCode::UNAUTHORIZED => (
            ErrorKind::Unauthenticated,
            "The server refused the login; check user and password, or the kind of login it wants",
        ),
        StatusCode::FORBIDDEN => {
            (ErrorKind::PermissionDenied, "The server or a gateway before it forbids this")
        }
        StatusCode::NOT_FOUND => (ErrorKind::InvalidConfig, "There is no HiveServer2 at this HTTP path"),
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            (ErrorKind::Unavailable, "The server is not able to answer now")
        }
        _ => (ErrorKind::Protocol, "The server answered with an HTTP error"),
    };
    let error = Error::new(kind, message).with_context("status", status.as_u16()).with_context("page", page);
    // Any of the last two may come from a gateway after the server had begun.
    if matches!(kind, ErrorKind::Unavailable | ErrorKind::Protocol) { error.in_doubt() } else { error }
}

fn lost(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    let message = "The connection broke before the answer came";
    Error::new(ErrorKind::ConnectionLost, message).with_source(source).in_doubt()
}
