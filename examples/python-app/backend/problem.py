"""Errors a caller can act on."""

from http import HTTPStatus


class Problem(Exception):
    """An error answer as RFC 9457 problem details."""

    def __init__(self, status: HTTPStatus, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.body = {
            "type": "about:blank",
            "title": code.replace("_", " "),
            "status": int(status),
            "code": code,
            "detail": detail,
        }


def not_found(what: str) -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, "not_found", what)


def invalid(problems: list[str]) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "invalid_request", "; ".join(problems))
