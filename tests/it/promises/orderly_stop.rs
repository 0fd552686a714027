//! A process that is told to stop ends what it does and leaves nothing running.
use super::house::House;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_told_to_stop_leaves_in_order_and_the_other_goes_on() {
    for signal in ["TERM", "INT"] {
        let (house, first) = House::build().await;
        let second = house.replica();
        first.signal(signal);
        assert!(first.wait().success(), "SIG{signal} is no failure");
        let answer = house
            .text(&second, "SM1", "+15145550123", "Hello")
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
    }
}
