//! How the ledger's writer reaches Postgres: as encrypted, and as sure of whom it talks to, as the pool is. The pool's driver
//! reads `sslmode`, `sslrootcert`, `sslcert` and `sslkey` of `DATABASE_URL` itself; the writer's knows half of that.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::{Url, form_urlencoded};

/// Why the writer does not reach Postgres.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// `DATABASE_URL` is no address of a Postgres.
    #[error("DATABASE_URL is not understood: {0}")]
    Address(#[from] url::ParseError),
    /// The pool's driver does not understand it.
    #[error("DATABASE_URL is not understood: {0}")]
    Options(#[from] sqlx::Error),
    /// A certificate or key that it names cannot be used.
    #[error("DATABASE_URL names a certificate or key that cannot be used: {0}")]
    Certificate(String),
    /// Postgres refused, or does not answer.
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
}

/// Where Postgres is, and how to talk to it.
#[derive(Clone)]
pub struct WriterLink {
    config: Config,
    tls: MakeRustlsConnect,
}

impl WriterLink {
    /// Reads the address, and the files of certificates that it names.
    ///
    /// # Errors
    /// Where one of them is not understood.
    pub fn parse(url: &str) -> Result<Self, LinkError> {
        let options: PgConnectOptions = url.parse()?;
        let mut plain = Url::parse(url)?;
        let mut files = Files::of_environment();
        let query = plain.query().unwrap_or_default().to_owned();
        let is_known =
            |part: &&str| !form_urlencoded::parse(part.as_bytes()).any(|(name, value)| files.take(&name, &value));
        // Left as it is written: the two drivers do not read a `+` alike.
        let rest: Vec<&str> = query.split('&').filter(is_known).collect();
        plain.set_query(Some(&rest.join("&")).filter(|rest| !rest.is_empty()).map(String::as_str));
        let mut config: Config = plain.as_str().parse()?;
        let mode = options.get_ssl_mode();
        config.ssl_mode(match mode {
            PgSslMode::Disable | PgSslMode::Allow => SslMode::Disable,
            PgSslMode::Prefer => SslMode::Prefer,
            PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull => SslMode::Require,
        });
        Ok(Self { config, tls: MakeRustlsConnect::new(files.client_config(mode)?) })
    }

    /// A connection, driven by a task of its own until it ends.
    ///
    /// # Errors
    /// Where Postgres refuses or cannot be reached, or is not who it must be.
    pub async fn connect(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = self.config.connect(self.tls.clone()).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "the writer's connection ended");
            }
        });
        Ok(client)
    }
}

/// What the address or the environment names beside Postgres itself: paths, or the PEM text.
struct Files {
    authority: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
}

impl Files {
    fn of_environment() -> Self {
        let named = |name| std::env::var(name).ok();
        Self { authority: named("PGSSLROOTCERT"), certificate: named("PGSSLCERT"), key: named("PGSSLKEY") }
    }

    /// Takes a parameter that the writer's driver does not know. False for any other.
    fn take(&mut self, name: &str, value: &str) -> bool {
        let place = match name {
            "sslrootcert" | "ssl-root-cert" | "ssl-ca" => &mut self.authority,
            "sslcert" | "ssl-cert" => &mut self.certificate,
            "sslkey" | "ssl-key" => &mut self.key,
            "sslmode" | "ssl-mode" | "statement-cache-capacity" => return true,
            _ => return false,
        };
        *place = Some(value.to_owned());
        true
    }

    fn client_config(&self, mode: PgSslMode) -> Result<ClientConfig, LinkError> {
        let provider = Arc::new(default_provider());
        let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let chain = matches!(mode, PgSslMode::VerifyCa | PgSslMode::VerifyFull);
        // As the pool: what is not asked for is not read, as it may not be there.
        for certificate in certificates(self.authority.as_deref().filter(|_| chain))? {
            roots.add(certificate).map_err(unusable)?;
        }
        let authorities =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().map_err(unusable)?;
        let verifier = Verifier { authorities, chain, name: matches!(mode, PgSslMode::VerifyFull) };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        match self.key.as_ref().filter(|_| !matches!(mode, PgSslMode::Disable | PgSslMode::Allow)) {
            None => Ok(config.with_no_client_auth()),
            Some(key) => {
                let key = PrivateKeyDer::from_pem_slice(&pem(key)?).map_err(unusable)?;
                config.with_client_auth_cert(certificates(self.certificate.as_deref())?, key).map_err(unusable)
            }
        }
    }
}

fn certificates(named: Option<&str>) -> Result<Vec<CertificateDer<'static>>, LinkError> {
    let Some(named) = named else { return Ok(Vec::new()) };
    CertificateDer::pem_slice_iter(&pem(named)?).collect::<Result<_, _>>().map_err(unusable)
}

fn pem(named: &str) -> Result<Vec<u8>, LinkError> {
    if named.trim_start().starts_with("-----BEGIN") {
        return Ok(named.as_bytes().to_vec());
    }
    std::fs::read(named).map_err(|error| LinkError::Certificate(format!("{named}: {error}")))
}

fn unusable(error: impl std::fmt::Display) -> LinkError {
    LinkError::Certificate(error.to_string())
}

/// As sure as `sslmode` asks: `verify-full` knows chain and name, `verify-ca` the chain, the others only encrypt.
#[derive(Debug)]
struct Verifier {
    authorities: Arc<WebPkiServerVerifier>,
    chain: bool,
    name: bool,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if !self.chain {
            return Ok(ServerCertVerified::assertion());
        }
        match self.authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The name is looked at last, after the chain.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.name => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}
