"""Every event reaches the topic: at once, in order, as often as what fails explains."""

import time

import given
import shop
from shop import wait_until


def test_an_event_is_at_the_topic_right_after_its_commit(make_table, start, sns):
    daemon = start(DYNAMODB_TABLE_NAME=make_table(), **sns.settings())
    client = daemon.client()
    print(dir(given))
