//! A mail server that keeps what it gets and shows it on a page. Enough SMTP (RFC 5321) for a client that behaves.

use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Longest mail kept, in bytes.
const MAX_MAIL_BYTES: usize = 1024 * 1024;
/// Most mails kept.
const MAX_MAILS: usize = 10_000;

/// A mail as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// To whom.
    pub to: String,
    /// Headers and body as sent.
    pub text: String,
}

/// What came so far.
#[derive(Clone, Default)]
pub struct MailSink(Arc<Mutex<Vec<Received>>>);

impl MailSink {
    /// The secret of the newest invitation that went to an address, once it has come; nothing when none comes for long.
    pub async fn invitation(&self, to: &str) -> Option<String> {
        for _ in 0..400 {
            let found = self.all().into_iter().rev().filter(|mail| mail.to == to).find_map(|mail| {
                // The link may be folded by the mail's encoding.
                let text = mail.text.replace("=\n", "");
                let rest = text.split("/invitation/").nth(1)?;
                Some(rest.chars().take_while(char::is_ascii_hexdigit).collect::<String>())
            });
            if found.is_some() {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        None
    }

    /// All mails, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Received> {
        self.0.lock().map(|mails| mails.clone()).unwrap_or_default()
    }

    fn keep(&self, mail: Received) {
        if let Ok(mut mails) = self.0.lock()
            && mails.len() < MAX_MAILS
        {
            mails.push(mail);
        }
    }
}

pub(super) async fn serve(listener: TcpListener, sink: MailSink) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(stream, sink.clone()));
    }
}

async fn converse(stream: TcpStream, sink: MailSink) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut to = String::new();
    write.write_all(b"220 sandbox.test\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "EHLO" => b"250-sandbox.test\r\n250 8BITMIME\r\n",
            // Nobody has such a mailbox here.
            "RCPT" if line.contains("<nobody@") => b"550 5.1.1 no such mailbox\r\n",
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                b"250 ok\r\n"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    if text.len() < MAX_MAIL_BYTES {
                        // Dot stuffing (RFC 5321 4.5.2).
                        text.push_str(line.strip_prefix('.').unwrap_or(&line));
                        text.push('\n');
                    }
                }
                sink.keep(Received { to: to.clone(), text });
                b"250 kept\r\n"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"250 ok\r\n",
        };
        write.write_all(answer).await?;
    }
    Ok(())
}

pub(super) fn page(sink: MailSink) -> Router {
    Router::new().route("/mail", get(show)).with_state(sink)
}

async fn show(State(sink): State<MailSink>) -> Html<String> {
    let mut list = String::new();
    for mail in sink.all().iter().rev() {
        let text = mail.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = write!(list, "<h2>{}</h2><pre>{text}</pre>", mail.to.replace('<', "&lt;"));
    }
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Mail sink</title><style>body{{font:1rem sans-serif;max-width:50rem;margin:2rem auto}}pre{{white-space:pre-wrap;border:1px solid;padding:1rem}}</style></head>\
         <body><main><h1>Mails that were sent</h1>{list}</main></body></html>"
    ))
}
