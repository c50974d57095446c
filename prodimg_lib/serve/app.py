"""The HTTP interface: routes, their OpenAPI description, and the page at ``/``."""

import copy
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from prodimg_lib import templates
from prodimg_lib.provenance import software
from prodimg_lib.serve.asked import Asked
from prodimg_lib.serve.counts import TYPE, Counts
from prodimg_lib.serve.engine import Refused
from prodimg_lib.serve.guard import Guard

_PAGE = {
    "/": ("serve.html", "text/html; charset=utf-8"),
    "/page.css": ("serve.css", "text/css; charset=utf-8"),
    "/page.js": ("serve.js", "text/javascript; charset=utf-8"),
}
_ROUTES = (*_PAGE, "/health", "/classes", "/generate", "/metrics", "/openapi.json")
_DETAIL = {"type": "object", "properties": {"detail": {}}, "required": ["detail"]}
_JSON = {"application/json": {"schema": _DETAIL}}
_IMAGES = {
    "image/png": {"schema": {"type": "string", "format": "binary"}},
    "application/json": {"schema": {"type": "object"}},
    "application/zip": {"schema": {"type": "string", "format": "binary"}},
}
_REFUSALS = {
    code: {"description": words, "content": _JSON}
    for code, words in {
        400: "The body is no JSON.",
        409: "More images, of all classes together, than a request may have.",
        408: "The body did not come in time.",
        413: "The body is too large.",
        422: "The request asks for what there is not.",
        500: "An error of the service.",
        503: "Too many are waiting, or no worker is there: come again (Retry-After).",
        504: "It took too long.",
    }.items()
}


def create_app(engine, log, limits, connections=lambda: 0):
    """The ASGI application of a service.

    Args:
        engine: a started ``Engine``; log: ``log.Log``; limits: ``Limits``.
        connections: says how many are open, of which the server knows.
    """
    app = FastAPI(
        title="Product images",
        version=software().split()[1],
        description="Generated product images. The same request gives the same bytes.",
        docs_url=None,  # its page asks another host for its script
        redoc_url=None,
    )
    counts = Counts()

    def tell(line):
        counts.add(line, _ROUTES)
        log.write(line)

    app.state.tell = tell  # for what is no request and comes to no application
    app.add_middleware(Guard, limits=limits, tell=tell, connections=connections)
    app.add_exception_handler(RequestValidationError, _say)
    app.add_exception_handler(405, _other_method)
    _add_pages(app)

    @app.get("/health", responses={503: {"description": "No worker.", "content": _JSON}})
    def health(response: Response) -> dict:
        """Whether images can be had, from which model, and what is amiss."""
        response.status_code = 200 if engine.ready else 503
        problems = [p for p in (engine.problem, log.problem) if p]
        status = "starting" if not engine.ready else "degraded" if problems else "ok"
        return {
            "status": status,
            "problems": problems,
            **engine.facts,
            "waiting": engine.waiting,
            "restarts": engine.restarts,
            "reloads": engine.reloads,
            "log_lines_lost": log.lost,
            "software": software(),
        }

    @app.get("/classes")
    def classes() -> list[str]:
        """Names of the classes, in the order of the model; none for a model without."""
        return engine.facts["classes"]

    @app.get("/metrics", responses={200: {"content": {"text/plain": {}}}}, response_class=Response)
    def metrics():
        """Counters for Prometheus."""
        return Response(counts.text(engine, log), media_type=TYPE)

    @app.get(
        "/generate",
        responses={200: {"content": _IMAGES}, **_refusals(without=400)},
        response_class=Response,
    )
    async def generate(asked: Annotated[Asked, Query()], request: Request):
        """Images, asked for in the address, so that a picture on a page can."""
        return await _images(engine, limits, asked, request.state)

    @app.post(
        "/generate", responses={200: {"content": _IMAGES}, **_refusals()}, response_class=Response
    )
    async def generate_by_body(asked: Asked, request: Request):
        """Images, asked for by a JSON object."""
        return await _images(engine, limits, asked, request.state)

    whole = app.openapi

    def openapi():
        """With the classes and limits of the model in use."""
        told = copy.deepcopy(whole())
        _narrow(told, engine.facts, limits)
        return told

    app.openapi = openapi  # type: ignore[method-assign]
    return app


def _refusals(without=None):
    return {code: facts for code, facts in _REFUSALS.items() if code != without}


def _add_pages(app):
    for path, (name, kind) in _PAGE.items():
        content = templates.read(name)

        def page(content=content, kind=kind):
            return Response(content, media_type=kind, headers={"cache-control": "no-cache"})

        app.add_api_route(path, page, include_in_schema=False, methods=["GET"])


async def _images(engine, limits, asked, state):
    told = asked.told(state.id)
    line = state.line
    line |= {name: told[name] for name in ("classes", "n", "seed", "drawing", "format")}
    problem = _problem(asked, engine.facts)
    if problem:
        return _refusal(line, 422, problem)
    total = asked.n * max(1, len(asked.classes))
    if total > limits.images:
        reason = f"{total} images: at most {limits.images} in a request; more with other seeds"
        return _refusal(line, 409, reason)
    try:
        header, body = await engine.ask(told)
    except Refused as error:
        response = _refusal(line, error.status, str(error))
        if error.status == 503:
            response.headers["retry-after"] = str(error.retry)
        return response
    counted = ("images", "labels", "drawn", "rejected", "accepted")
    line |= {name: header[name] for name in counted if name in header}
    line |= {"model": header.get("model"), "run": header.get("run")}
    if header["status"] == 500:
        line["reason"] = header["reason"]
        return JSONResponse({"detail": "an error of the service: its log has the reason"}, 500)
    if header["status"] != 200:
        return _refusal(line, header["status"], header["reason"])
    headers = {"x-model": header["model"], "cache-control": "no-cache"}
    return Response(body, media_type=header["type"], headers=headers)


def _problem(asked, facts):
    """Why a request cannot be answered by this model, or None."""
    unknown = [name for name in asked.classes if name not in facts["classes"]]
    if unknown:
        return f"classes: {unknown[0]!r} is none of {', '.join(facts['classes']) or 'none'}"
    strange = [name for name in asked.drawing() if name not in facts["drawing"]]
    if strange:
        takes = ", ".join(facts["drawing"]) or "none"
        return f"{strange[0]}: no option of this model, which takes {takes}"
    return None


def _refusal(line, status, reason):
    line["reason"] = reason
    return JSONResponse({"detail": reason}, status)


async def _say(request, error):
    """What is wrong with a request, without repeating it."""
    found = [{"where": list(e["loc"]), "what": e["msg"]} for e in error.errors()[:10]]
    broken = any(e["type"] == "json_invalid" for e in error.errors())
    request.state.line["reason"] = "; ".join(f"{e['where']}: {e['what']}" for e in found)[:500]
    return JSONResponse({"detail": jsonable_encoder(found)}, 400 if broken else 422)


async def _other_method(request, error):
    """Starlette names the methods of the first route of a path only."""
    path = request.url.path
    allowed = {m for r in request.app.routes if getattr(r, "path", "") == path for m in r.methods}
    headers = {"allow": ", ".join(sorted(allowed - {"HEAD"}))}
    return JSONResponse({"detail": f"expected {headers['allow']}"}, 405, headers)


def _narrow(told, facts, limits):
    """Put the classes and limits into an OpenAPI description, and take out what there is not."""
    classes = facts["classes"]
    absent = {"truncation", "steps", "guidance"} - set(facts["drawing"])
    absent |= set() if facts["gates"] is not None else {"accept"}
    places = [told["components"]["schemas"]["Asked"]["properties"]]
    get = told["paths"]["/generate"]["get"]
    get["parameters"] = query = [p for p in get["parameters"] if p["name"] not in absent]
    for name in absent:
        del places[0][name]
    places.append({each["name"]: each["schema"] for each in query})
    for place in places:
        place["n"]["maximum"] = limits.images
        place["classes"] |= {"maxItems": min(len(classes), limits.images), "uniqueItems": True}
        if classes:
            place["classes"]["items"] = {"type": "string", "enum": list(classes)}
