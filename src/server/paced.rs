//! A connection whose client may not dawdle.
use std::{
    future::Future,
    io::{Error, ErrorKind, Result},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep, sleep_until},
};

/// Whether a request of the connection is being answered: then nothing is expected of its client.
#[derive(Clone, Debug, Default)]
pub(super) struct Answering(Arc<AtomicBool>);

impl Answering {
    pub(super) fn set(&self, is_so: bool) {
        self.0.store(is_so, Ordering::Release);
    }

    fn is_so(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Ends with an error when the head of a request, once begun, is not there in time, or when an answer is not taken.
///
/// Hyper's own deadline for heads also counts the time between two requests. That must be longer than proxies keep
/// connections (a proxy that uses one which we are just closing shows an error to its caller), and so is too long for
/// a client that sends a byte a second.
pub(super) struct Paced {
    stream: TcpStream,
    answering: Answering,
    head_deadline: Duration,
    stall_deadline: Duration,
    head: Option<Pin<Box<Sleep>>>,
    stall: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    pub(super) fn new(
        stream: TcpStream,
        answering: Answering,
        head_deadline: Duration,
        stall_deadline: Duration,
    ) -> Self {
        Self {
            stream,
            answering,
            head_deadline,
            stall_deadline,
            head: None,
            stall: None,
        }
    }

    /// Nothing came: has the head been begun, and too long ago?
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let is_late = self
            .head
            .as_mut()
            .is_some_and(|deadline| deadline.as_mut().poll(cx).is_ready());
        if is_late {
            let late = Error::new(ErrorKind::TimedOut, "the head of a request came too slowly");
            return Poll::Ready(Err(late));
        }
        Poll::Pending
    }

    /// Notes whether anything was taken, and gives up when for too long nothing was.
    fn watch_stall<T>(&mut self, cx: &mut Context<'_>, wrote: Poll<Result<T>>) -> Poll<Result<T>> {
        if wrote.is_ready() {
            self.stall = None;
            return wrote;
        }
        let deadline = self.stall_deadline;
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(deadline)));
        if stall.as_mut().poll(cx).is_ready() {
            let late = Error::new(ErrorKind::TimedOut, "the answer was not taken");
            return Poll::Ready(Err(late));
        }
        Poll::Pending
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if self.answering.is_so() {
            // The head is there; its body has a deadline of its own (`web::body`).
            self.head = None;
            return read;
        }
        if read.is_pending() {
            return self.poll_head(cx);
        }
        if buffer.filled().len() > before && self.head.is_none() {
            let deadline = Instant::now() + self.head_deadline;
            self.head = Some(Box::pin(sleep_until(deadline)));
        }
        read
    }
}

impl AsyncWrite for Paced {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch_stall(cx, wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.watch_stall(cx, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
