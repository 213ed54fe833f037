"""A small JSON API in the manner of a course's backend: fixed data, no database, nothing to wait for."""

from flask import Flask, jsonify, request
from flask_cors import CORS

from services.create_activity import create_activity
from services.home_activities import home_activities
from services.notifications_activities import notifications_activities
from services.search_activities import search_activities
from services.user_activities import user_activities

app = Flask(__name__)
CORS(app, resources={r"/api/*": {"origins": "*"}})


@app.get("/api/health-check")
def health_check():
    return jsonify(success=True)


@app.get("/api/activities/home")
def home():
    return jsonify(home_activities())


@app.get("/api/activities/notifications")
def notifications():
    return jsonify(notifications_activities())


@app.get("/api/activities/@<handle>")
def user(handle):
    return jsonify(user_activities(handle))


@app.get("/api/activities/search")
def search():
    found, error = search_activities(request.args.get("term", ""))
    return (jsonify(error), 422) if error else jsonify(found)


@app.post("/api/activities")
def create():
    body = request.get_json(silent=True) or {}
    made, error = create_activity(body.get("handle", ""), body.get("message", ""))
    return (jsonify(error), 422) if error else (jsonify(made), 201)


@app.get("/")
def index():
    return jsonify(name="backend-flask", see="/api/activities/home")
