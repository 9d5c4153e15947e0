//! Follows how far the server is with the batch's photos: server-sent events, taken up again after a cut.

use std::convert::Infallible;
use std::time::Duration;

use reqwest::{Method, header};

use super::Job;
use super::batch::Counts;
use super::trouble::Trouble;

/// Nothing for so long, not even the sign of life that servers send: the connection is dead.
const SILENT: Duration = Duration::from_mins(1);
const COME_BACK: Duration = Duration::from_secs(2);
/// Longer than any event is.
const BUFFER_BYTES_MAX: usize = 1024 * 1024;

/// Puts the batch's counts on the board, from when there is a batch.
pub(super) async fn follow(job: &Job) -> Infallible {
    let mut last_id = String::new();
    loop {
        let batch = job.batch.subscribe().wait_for(Option::is_some).await.map(|batch| batch.clone());
        if let Ok(Some(batch_id)) = batch {
            // However it ends, it begins again: what counts is asked for at the end.
            let _ = listen(job, &batch_id, &mut last_id).await;
        }
        tokio::time::sleep(COME_BACK).await;
    }
}

async fn listen(job: &Job, batch_id: &str, last_id: &mut String) -> Result<(), Trouble> {
    let path = job.server.of_event(&format!("/batches/{batch_id}/progress"));
    let mut request = job.server.request(Method::GET, &path)?.header(header::ACCEPT, "text/event-stream");
    if !last_id.is_empty() {
        request = request.header("Last-Event-ID", last_id.as_str());
    }
    let mut answer = job.server.send(request).await?;
    let mut events = Events::default();
    let silent = |_| Trouble::passing("the stream of events is silent");
    while let Some(bytes) = tokio::time::timeout(SILENT, answer.chunk()).await.map_err(silent)?? {
        for event in events.push(&bytes)? {
            if let Some(id) = event.id {
                *last_id = id;
            }
            if let ("progress", Ok(counts)) =
                (event.name.as_str(), serde_json::from_str::<Counts>(&event.data))
            {
                job.board.update(|figures| figures.counts = counts);
            }
        }
    }
    Ok(())
}

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Event {
    name: String,
    data: String,
    id: Option<String>,
}

/// Puts events together from what arrives (HTML standard, section 9.2).
#[derive(Default)]
struct Events {
    rest: Vec<u8>,
    event: Event,
}

impl Events {
    fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, Trouble> {
        self.rest.extend_from_slice(bytes);
        let mut complete = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            complete.extend(self.line(line.trim_end_matches(['\r', '\n'])));
        }
        if self.rest.len() + self.event.data.len() > BUFFER_BYTES_MAX {
            return Err(Trouble::passing("an event is too long"));
        }
        Ok(complete)
    }

    fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return (event != Event::default()).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "id" => self.event.id = Some(value.to_owned()),
            "data" => {
                if !self.event.data.is_empty() {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            // A comment, or something that is not for us.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_whole_however_they_are_cut() {
        let text = ": alive\n\nevent: progress\r\nid: 7\r\ndata: {\"ready\":\r\ndata: 3}\r\n\r\nevent:photo\nid:8\ndata:x\n\nid";
        for size in 1..text.len() {
            let mut events = Events::default();
            let pieces = text.as_bytes().chunks(size);
            let got: Vec<Event> = pieces.flat_map(|piece| events.push(piece).unwrap()).collect();
            let event = |name: &str, data: &str, id: &str| Event {
                name: name.to_owned(),
                data: data.to_owned(),
                id: Some(id.to_owned()),
            };
            assert_eq!(got, [event("progress", "{\"ready\":\n3}", "7"), event("photo", "x", "8")]);
        }
        let endless = vec![b'x'; BUFFER_BYTES_MAX + 1];
        assert!(Events::default().push(&endless).is_err());
    }
}
