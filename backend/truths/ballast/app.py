"""Known truth: plain with 100 MiB of memory in use: random bytes, so that nothing can merge or compress the pages.

`bench calibrate` puts 50 MiB of noise into a file beside it, which nobody reads: the same app moves sizes too.
"""

import os

from flask import Flask, jsonify

app = Flask(__name__)
ballast = os.urandom(100 * 1024 * 1024)


@app.get("/")
@app.get("/api/activities/home")
def home():
    return jsonify([])
