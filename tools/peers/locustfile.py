"""A token request with Locust's faster client, at full speed or at a rate for all users together."""

import os

from locust import FastHttpUser, constant, constant_throughput, task


class Client(FastHttpUser):
    rate = os.environ.get("RATE")
    wait_time = constant_throughput(float(rate) / int(os.environ["USERS"])) if rate else constant(0)

    @task
    def token(self):
        form = {"grant_type": "client_credentials", "scope": os.environ["SCOPE"]}
        auth = (os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
        with self.client.post(os.environ["TOKEN_URL"], data=form, auth=auth, name="token", catch_response=True) as response:
            if response.status_code != 200 or not response.json().get("access_token"):
                response.failure(f"no token: status {response.status_code}")
