"""The databags of connect_client, v1, as they are on the wire: every value is text, lists too.

Keys that are not named here may be there on both sides: libraries keep notes of their own in databags.
"""

import hashlib
from typing import Annotated, Literal, Optional

from interface_tester.schema_base import DataBagSchema
from pydantic import BaseModel, ConfigDict, Field, Json, model_validator

SecretURI = Annotated[str, Field(pattern=r"^secret:(//[0-9a-f-]{36}/)?[0-9a-v]{20}$")]
RequestID = Annotated[str, Field(alias="request-id", pattern=r"^[0-9a-f]{16}$")]
PluginURL = Annotated[str, Field(pattern=r"^https?://[^\s]+$")]


class Status(BaseModel):
    """Something that the provider tells the requirer. Codes of 4000 and more are trouble, of 5000 and more trouble that lasts."""

    code: int
    message: str
    resolution: str


class Request(BaseModel):
    model_config = ConfigDict(extra="allow")

    resource: PluginURL | Literal["NOT-REQUIRED"] = Field(description="where the plugin is served, as one tarball")
    salt: str = Field(min_length=1)
    request_id: RequestID = Field(description="the first 16 hexadecimal digits of the SHA-256 of resource, a colon, and salt")

    @model_validator(mode="after")
    def the_id_is_that_of_the_request(self):
        if self.request_id != hashlib.sha256(f"{self.resource}:{self.salt}".encode()).hexdigest()[:16]:
            raise ValueError("request-id is not that of resource and salt")
        return self


class Answer(BaseModel):
    """The answer to one request. What is not there yet is left out: endpoints and secret-user come together."""

    model_config = ConfigDict(extra="allow", alias_generator=lambda name: name.replace("_", "-"))

    request_id: RequestID
    endpoints: Optional[str] = Field(
        None,
        description="URLs of workers' REST interfaces, all http or all https",
        pattern=r"^(http://[^,\s]+(,http://[^,\s]+)*|https://[^,\s]+(,https://[^,\s]+)*)$",
    )
    secret_user: Optional[SecretURI] = Field(None, description="a secret with username and password, granted to the requirer")
    secret_tls: Optional[SecretURI] = Field(None, description="a secret with tls (true or false) and tls-ca, granted likewise")

    @model_validator(mode="after")
    def what_belongs_together_comes_together(self):
        if bool(self.endpoints) != bool(self.secret_user):
            raise ValueError("of endpoints and secret-user one is missing")
        if (self.endpoints or "").startswith("https://") and not self.secret_tls:
            raise ValueError("secret-tls is missing: nobody can verify the https endpoints")
        return self


class ProviderData(BaseModel):
    model_config = ConfigDict(extra="allow")

    version: Literal["v1"]
    requests: Json[list[Answer]]
    data: Json[dict[str, object]] = Field(description="an entry for each answer, by request-id: else requirers take no notice")
    status: Optional[Json[list[Status]]] = None

    @model_validator(mode="after")
    def every_answer_is_noted(self):
        if missing := {answer.request_id for answer in self.requests} - set(self.data):
            raise ValueError(f"data has no entry for {missing}")
        return self


class RequirerData(BaseModel):
    model_config = ConfigDict(extra="allow")

    version: Literal["v1"]
    requests: Json[list[Request]] = Field(min_length=1)


class ProviderSchema(DataBagSchema):
    app: ProviderData


class RequirerSchema(DataBagSchema):
    app: RequirerData
