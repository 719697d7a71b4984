"""The databags of connect_client, v0, as they are on the wire: every value is text, lists too.

Keys that are not named here may be there on both sides: libraries keep notes of their own in databags.
"""

from typing import Annotated, Literal, Optional

from interface_tester.schema_base import DataBagSchema
from pydantic import BaseModel, ConfigDict, Field, Json, model_validator

SecretURI = Annotated[str, Field(pattern=r"^secret:(//[0-9a-f-]{36}/)?[0-9a-v]{20}$")]
PluginURL = Annotated[str, Field(pattern=r"^https?://[^\s]+$")]


class Status(BaseModel):
    """Something that the provider tells the requirer. Codes of 4000 and more are trouble, of 5000 and more trouble that lasts."""

    code: int
    message: str
    resolution: str


class ProviderData(BaseModel):
    model_config = ConfigDict(extra="allow", alias_generator=lambda name: name.replace("_", "-"))

    endpoints: str = Field(
        description="URLs of workers' REST interfaces, all http or all https",
        pattern=r"^(http://[^,\s]+(,http://[^,\s]+)*|https://[^,\s]+(,https://[^,\s]+)*)$",
        examples=["http://10.1.1.100:8083,http://10.1.1.101:8083"],
    )
    secret_user: SecretURI = Field(description="a secret with username and password, granted to the requirer")
    secret_tls: Optional[SecretURI] = Field(None, description="a secret with tls and tls-ca, granted to the requirer")
    status: Optional[Json[list[Status]]] = None

    @model_validator(mode="after")
    def https_comes_with_its_authority(self):
        if self.endpoints.startswith("https://") and not self.secret_tls:
            raise ValueError("secret-tls is missing: nobody can verify the https endpoints")
        return self


class RequirerData(BaseModel):
    model_config = ConfigDict(extra="allow", alias_generator=lambda name: name.replace("_", "-"))

    plugin_url: PluginURL | Literal["NOT-REQUIRED"] = Field(description="where the plugin is served, as one tarball")
    requested_secrets: Json[list[str]] = Field(
        description="names of what is to come in secrets, as the text of a JSON array",
        examples=['["username", "password", "tls", "tls-ca"]'],
    )

    @model_validator(mode="after")
    def credentials_come_in_a_secret(self):
        if not {"username", "password"} <= set(self.requested_secrets):
            raise ValueError("requested-secrets must have username and password")
        return self


class ProviderSchema(DataBagSchema):
    app: ProviderData


class RequirerSchema(DataBagSchema):
    app: RequirerData
